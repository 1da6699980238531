package resource

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Past is one thing before and after a run that is to be taken back, as the journal has it.
type Past struct {
	Kind   *Kind
	Name   string          // of its address
	Key    string          // of the ledger; "": not known
	Before cty.Value       // [Absent]: it was not there
	After  cty.Value       // what the run wanted of it, with the exact version of a package
	Secret map[string]bool // attributes of either that must not be shown
	Hidden map[string]bool // attributes of After without even a digest
	Also   bool            // no resource asked for the change
	Purge  bool            // leave nothing that the run made

	// Written means that the content of Before is what converge itself had written, so Secret says whether it is
	// sensitive. Otherwise it may be.
	Written bool

	// Unfinished means that the run did not complete the change: parts of the thing may still be as before. A content
	// is kept before it is replaced, so one that was not kept may still be in place.
	Unfinished bool

	// Content finds an old content by its digest.
	Content func(digest string) (*Blob, error)
}

// RevertTarget is what to want of a thing to restore its earlier state.
type RevertTarget struct {
	Kind string               // name of its kind; empty: that of the Past
	Name string               // name of its address; empty: that of the Past
	Want map[string]cty.Value // prepared, as Prepare would leave it

	// Made is the state that the run left, as far as it exceeds Want. A thing in another state was changed since. nil:
	// that is not known.
	Made map[string]cty.Value

	// Presumed means that the content in Want counts as sensitive only because it is not known.
	Presumed bool

	Notes []string // for the plan to show
	Lost  []string // what stays lost though the rest is restored, named for people: a proof does not claim it

	// Replaces means that the whole content of the thing is restored with it, including what the run changed inside:
	// that needs no separate undo.
	Replaces bool
}

// ErrForgotten is why one thing is not undone: a secret of it is no longer known. Others are undone.
var ErrForgotten = errors.New("a secret is forgotten")

// Forgotten is an [ErrForgotten] with a text of its own.
type Forgotten string

func (f Forgotten) Error() string { return string(f) }

// Is reports true for [ErrForgotten].
func (Forgotten) Is(target error) bool { return target == ErrForgotten }

// ErrOpaque is why a command cannot be undone.
var ErrOpaque = errors.New("what a command did is not known, so it cannot be taken back")

// ErrLasting is wrapped by an error of Undo that is certain even before the change is made: no record could help.
var ErrLasting = errors.New("it cannot be taken back")

// Lasting makes err wrap [ErrLasting], with the same text.
func Lasting(err error) error { return marked{err, ErrLasting} }

// Undo returns the wanted values that take a change back: none if the run changed nothing, and several if it replaced
// or removed several things.
func (k *Kind) Undo(p Past) ([]RevertTarget, error) {
	p.Kind = k
	p.nameHidden()
	p.setPlace()
	revert := k.Revert
	switch {
	case revert != nil:
	case k.Opaque:
		return nil, ErrOpaque
	default:
		revert = func(p Past) ([]RevertTarget, error) { return p.RevertAttrs(nil) }
	}
	us, err := revert(p)
	known := us[:0]
	for _, u := range us {
		if u.Kind == "" || u.Kind == k.Name { // the states of other kinds lack the attributes of this one
			if unknown := u.checkKnown(k); unknown != nil {
				err = cmp.Or(err, unknown)
				continue
			}
		}
		known = append(known, u)
	}
	return known, err
}

// nameHidden restores secrets of After that the ledger key shows because they name the thing: the fingerprint of an
// authorized key.
func (p *Past) nameHidden() {
	if p.Key == "" || isAbsent(p.After) {
		return
	}
	if path, ok := strings.CutPrefix(p.Key, "path:"); ok && p.IsHiddenAfter("path") {
		p.After = With(p.After, "path", cty.StringVal(path))
	}
	if p.Kind.Named == nil {
		return
	}
	for name, v := range p.Kind.Named(p.Key) {
		if p.IsHiddenAfter(name) {
			p.After = With(p.After, name, v)
		}
	}
}

// setPlace replaces the path that a manifest named by the physical one of the ledger key. By now a link on the way may
// lead elsewhere, to a thing that the run has not changed.
func (p *Past) setPlace() {
	at, _, ok := CutPartKey(p.Key)
	for _, prefix := range [...]string{"path:", "mount:"} {
		if rest, found := strings.CutPrefix(p.Key, prefix); found && p.Kind.Label == placeAttr {
			at, ok = rest, true
		}
	}
	if !ok {
		return
	}
	for _, v := range [...]*cty.Value{&p.Before, &p.After} {
		if !isAbsent(*v) && GetAttr(*v, placeAttr) != cty.NilVal {
			*v = With(*v, placeAttr, cty.StringVal(at))
		}
	}
}

// placeAttr is the attribute of a path.
const placeAttr = "path"

// WasCreated reports whether the thing was absent before the run.
func (p *Past) WasCreated() bool { return isAbsent(p.Before) }

// WasRemoved reports whether the thing has been absent since the run.
func (p *Past) WasRemoved() bool { return isAbsent(p.After) || WantsAbsent(p.After) }

// RevertAttrs is Undo for a kind whose observed attributes have the form of a manifest; keep names further attributes
// of After that Want must have.
func (p *Past) RevertAttrs(keep []string) ([]RevertTarget, error) {
	u := RevertTarget{Made: p.AsMade()}
	switch {
	case p.WasCreated() && p.WasRemoved():
		return nil, nil
	case p.WasCreated():
		if _, ok := p.Kind.Attr("ensure"); !ok {
			return nil, fmt.Errorf("%s cannot be removed", WithArticle(p.Kind.Name))
		}
		u.Want = p.Identity(p.entryType()...)
		u.Want["ensure"] = cty.StringVal("absent")
	case p.WasRemoved():
		u.Want = p.Identity()
		for name, v := range AttrsOf(p.Before) {
			if a, ok := p.Kind.Attr(name); ok && !a.Option && name != "ensure" && !v.IsNull() {
				u.Want[name] = v
			}
		}
	default:
		touched := p.touched()
		if len(touched) == 0 {
			return nil, nil
		}
		u.Want = p.Identity(keep...)
		for _, name := range touched {
			if v := GetAttr(p.Before, name); v != cty.NilVal {
				u.Want[name] = v
			} else {
				u.Notes = append(u.Notes, name+" was not set before: it stays")
				u.Lost = append(u.Lost, name+" of "+p.Kind.Name+" "+p.Name)
			}
		}
		u.Made = PickAttrs(u.Made, slices.Concat(touched, slices.Collect(maps.Keys(u.Want)))...)
	}
	return []RevertTarget{u}, nil
}

// Identity returns the label of the thing and the named attributes, from After
// or Before.
func (p *Past) Identity(names ...string) map[string]cty.Value {
	m := map[string]cty.Value{}
	for _, name := range append(names, p.Kind.Label) {
		v := GetAttr(p.After, name)
		if v == cty.NilVal {
			v = GetAttr(p.Before, name)
		}
		if v != cty.NilVal && name != "" {
			m[name] = v
		}
	}
	if _, ok := m[p.Kind.Label]; !ok && p.Kind.Label != "" {
		m[p.Kind.Label] = cty.StringVal(p.Name)
	}
	return m
}

// entryType names the attribute, computed by converge, that distinguishes a file from a link: the removal must be of
// the same type. A declared type, as that of a file system, does not distinguish kinds.
func (p *Past) entryType() []string {
	if a, ok := p.Kind.Attr("type"); ok && a.Computed {
		return []string{a.Name}
	}
	return nil
}

// AsMade is After without the attributes that only steer a change.
func (p *Past) AsMade() map[string]cty.Value {
	if isAbsent(p.After) {
		m := p.Identity(p.entryType()...)
		m["ensure"] = cty.StringVal("absent")
		return m
	}
	m := p.Identity()
	for name, v := range AttrsOf(p.After) {
		if a, ok := p.Kind.Attr(name); ok && !a.Option && !v.IsNull() {
			m[name] = v
		}
	}
	return m
}

// touched are the managed attributes whose values the run changed.
func (p *Past) touched() []string {
	var out []string
	for i := range p.Kind.Attrs {
		a := &p.Kind.Attrs[i]
		have, want := GetAttr(p.Before, a.Name), GetAttr(p.After, a.Name)
		switch {
		case a.Option, a.Name == "ensure":
		case want == cty.NilVal:
			if (a.Secret || p.Hidden[a.Name]) && have != cty.NilVal { // the journal does not have the new value
				out = append(out, a.Name)
			}
		case have == cty.NilVal, !a.same(have, want):
			out = append(out, a.Name)
		}
	}
	return out
}

// AttrsOf returns the attributes of v in a map of their own; nil if it has none.
func AttrsOf(v cty.Value) map[string]cty.Value {
	if isAbsent(v) {
		return nil
	}
	return v.AsValueMap()
}

// PickAttrs returns the attributes of m that are named.
func PickAttrs(m map[string]cty.Value, names ...string) map[string]cty.Value {
	out := make(map[string]cty.Value, len(names))
	for _, n := range names {
		if v, ok := m[n]; ok {
			out[n] = v
		}
	}
	return out
}
