package site

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/manifest"
	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
)

// Node contains the values of node for a manifest, and records those that it has seen.
type Node struct {
	facts *facts.Node
	mu    sync.Mutex
	seen  map[string]cty.Value // by name; common facts have none
}

// ReadNode returns node, at its first use. The files of the operator may be as hostile as a manifest: a crash of their
// parsers becomes an error, too, with the same status.
func ReadNode(ctx context.Context, env *environ.Env, f *Options) (n *Node, err error) {
	diags := diag.Guard(func() hcl.Diagnostics {
		n, err = readNode(ctx, env, f)
		return nil
	})
	if diags.HasErrors() {
		return nil, ShowDiagnostics(env, nil, diags)
	}
	return n, err
}

// readNode is ReadNode without a guard.
func readNode(ctx context.Context, env *environ.Env, f *Options) (*Node, error) {
	n, err := findNode(ctx, env, f)
	if err != nil {
		return nil, HintNear(showNodeError(env, err), append([]string{f.Facts}, f.Nodes...)...)
	}
	return n, nil
}

// findNode is readNode, with the unchanged errors of the operator's files.
func findNode(ctx context.Context, env *environ.Env, f *Options) (*Node, error) {
	if f.IsElsewhere() {
		found, err := facts.Recorded(ctx, facts.RecordedOptions{File: f.Facts, Over: f.Over, Files: f.Nodes})
		if err != nil {
			return nil, err
		}
		return &Node{facts: found, seen: map[string]cty.Value{}}, nil
	}
	found, err := facts.Lazy(ctx, facts.NodeOptions{Root: f.Root, Dir: facts.DefaultDir, Files: f.Nodes, Programs: facts.ProgramsDir, Warn: f.warnOnce(env)})
	if err != nil {
		return nil, err
	}
	return &Node{facts: found, seen: map[string]cty.Value{}}, nil
}

// maxShown is the size in bytes of the largest file of attributes whose lines are shown with an error.
const maxShown = 4 << 20

// showNodeError shows the lines of the files of attributes that an error concerns; it returns any other error.
func showNodeError(env *environ.Env, err error) error {
	var diags hcl.Diagnostics
	var broken *facts.FileError
	switch {
	case errors.As(err, &broken):
		diags = hcl.Diagnostics{diag.Failure(titleOf(err), diag.Sentence(broken.Err), &broken.At)}
	case !errors.As(err, &diags):
		return err
	}
	shown := &manifest.Site{Files: map[string]*hcl.File{}}
	for _, d := range slices.Clone(diags) {
		if d.Subject == nil || shown.Files[d.Subject.Filename] != nil {
			continue
		}
		name := d.Subject.Filename
		text := readAgain(name)
		shown.Files[name] = &hcl.File{Bytes: text}
		switch {
		case !strings.HasSuffix(name, ".json"):
			diags = syntax.Explain(name, text, diags)
		case errors.As(err, new(*json.SyntaxError)):
			diags = syntax.ExplainJSON(name, text, diags)
		}
	}
	return ShowDiagnostics(env, shown, diags)
}

// titleOf returns the subject of an error about files of attributes or facts.
func titleOf(err error) string {
	if what, _, ok := strings.Cut(err.Error(), ": "); ok && strings.HasPrefix(what, "cannot use ") {
		return "Wrong fact"
	} else if ok && what == "cannot read facts" {
		return "Cannot read facts"
	}
	return "Cannot read node attributes"
}

// readAgain returns the text of a file that was read before; nil if it is missing now.
func readAgain(name string) []byte {
	whole, err := filepath.Abs(name)
	if err != nil {
		return nil
	}
	text, err := fsys.Files{}.ReadSource(whole, maxShown)
	if err != nil {
		return nil
	}
	return text
}

// warnOnce returns a function that warns of facts that could not be found, but only at the first such search.
func (f *Options) warnOnce(env *environ.Env) func(string) {
	if f.warned {
		return nil
	}
	f.warned = true
	return env.Warn
}

// All returns everything that a manifest can see as node.
func (n *Node) All() (cty.Value, error) { return n.facts.All() }

// Text returns the fact with that name, "os.family", and "" if there is none.
func (n *Node) Text(name string) string {
	v := n.find(name)
	if v == cty.NilVal || v.Type() != cty.String || v.IsNull() {
		return ""
	}
	return v.AsString()
}

// Texts returns a fact that is a list.
func (n *Node) Texts(name string) (out []string) {
	v := n.find(name)
	if v == cty.NilVal || v.IsNull() || !v.CanIterateElements() {
		return nil
	}
	for _, e := range v.AsValueSlice() {
		out = append(out, e.AsString())
	}
	return out
}

// Known returns a fact of another machine that is read on use.
func (n *Node) Known(name string) (cty.Value, bool) {
	find := n.facts.OnUse[name]
	if find == nil {
		return cty.NilVal, false
	}
	v, err := find()
	return v, err == nil
}

// find returns the fact with a name, among those that are found together.
func (n *Node) find(name string) cty.Value {
	v, err := n.facts.Value()
	if err != nil {
		return cty.NilVal
	}
	for step := range strings.SplitSeq(name, ".") {
		var ok bool
		if v, ok = below(v, step); !ok {
			return cty.NilVal
		}
	}
	return v
}

// common returns the facts that are found together, for a manifest.
func (n *Node) common() (cty.Value, error) { return n.note("", n.facts.Value) }

// onUse returns functions that find the facts that are read on use, for a manifest.
func (n *Node) onUse() map[string]func() (cty.Value, error) {
	out := maps.Clone(n.facts.OnUse)
	for name, find := range out {
		out[name] = func() (cty.Value, error) { return n.note(name, find) }
	}
	return out
}

// note records the values that a manifest sees.
func (n *Node) note(name string, find func() (cty.Value, error)) (cty.Value, error) {
	v, err := find()
	if err == nil {
		n.mu.Lock()
		n.seen[name] = v
		n.mu.Unlock()
	}
	return v, err
}

// ListChanged returns the references, in the form of [manifest.Site.Facts], whose values differ from those that the
// manifest of before has seen. A value that cannot be found any more differs.
func (n *Node) ListChanged(before *Node, references []string) []string {
	var out []string
	for _, ref := range references {
		steps := strings.Split(ref, ".")[1:]
		name := ""
		if len(steps) > 0 && n.facts.OnUse[steps[0]] != nil {
			name, steps = steps[0], steps[1:]
		}
		was, ok := before.seen[name]
		if !ok {
			continue // a template's text has that name, and the template did not use it
		}
		find := n.facts.Value
		if name != "" {
			find = n.facts.OnUse[name]
		}
		now, err := find()
		if err != nil || !sameAt(was, now, steps) {
			out = append(out, ref)
		}
	}
	if len(out) > 1 && out[0] == "node" {
		return out[1:] // these are more specific
	}
	return out
}

// sameAt reports whether two values are equal at the names of a path. A missing name ends the path.
func sameAt(a, b cty.Value, steps []string) bool {
	for _, name := range steps {
		x, inA := below(a, name)
		y, inB := below(b, name)
		if inA != inB {
			return false
		}
		if !inA {
			break
		}
		a, b = x, y
	}
	return a.RawEquals(b)
}

func below(v cty.Value, name string) (cty.Value, bool) {
	switch ty := v.Type(); {
	case v.IsNull() || !v.IsKnown():
	case ty.IsObjectType() && ty.HasAttribute(name):
		return v.GetAttr(name), true
	case ty.IsMapType():
		x, ok := v.AsValueMap()[name]
		return x, ok
	}
	return cty.NilVal, false
}
