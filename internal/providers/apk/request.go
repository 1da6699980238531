package apk

import (
	"context"
	"errors"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/version"
)

// order is a request in apk's terms.
type order struct {
	words []packages.Word
	world world
	pins  pins

	args    []string // for `apk add`, one for each word, "" where it has none
	fix     []string // for `apk fix`
	pending pending  // what the world must not keep

	failed map[int]error // words that apk cannot be asked for
}

// newOrder puts a request into apk's terms, by the packages installed and wanted now.
func (s *solver) newOrder(ctx context.Context, r packages.Request) (*order, error) {
	list, err := s.readRecords()
	if err != nil {
		return nil, err
	}
	have := map[string]string{}
	for _, rec := range list {
		have[rec.name] = rec.version
	}
	w, err := s.readWorld()
	if err != nil {
		return nil, err
	}
	left, err := s.readPending()
	if err != nil {
		return nil, err
	}
	left.settle(&w)
	newest, err := s.findNewest(ctx, r.Words, have, w)
	if err != nil {
		return nil, err
	}
	prefer, err := s.readPins()
	if err != nil {
		return nil, err
	}
	o := &order{words: r.Words, world: w, pins: prefer, args: make([]string, len(r.Words)), pending: pending{}, failed: map[int]error{}}
	for i, word := range r.Words {
		switch now := have[word.Name]; {
		case word.Arch != "":
			o.failed[i] = errors.New("apk installs no packages of foreign architectures")
		case word.Reinstall:
			o.fix = append(o.fix, word.Name)
		case word.Remove && now == "":
		case word.Remove:
			o.remove(i, now)
		case word.File != "":
			o.args[i] = word.File
			o.pending[constraint{name: word.Name, op: "><", version: anyChecksum}] = constraint{name: word.Name}
		default:
			if word.Version == "" {
				word.Version = newest[word.Name]
			}
			o.install(i, word, now)
		}
	}
	return o, nil
}

// findNewest determines the versions of installed packages that are wanted in the newest one, because `apk add NAME`
// does not change them. It keeps the world's constraints on versions.
func (s *solver) findNewest(ctx context.Context, words []packages.Word, have map[string]string, w world) (map[string]string, error) {
	var names []string
	for _, word := range words {
		if word.Version == "" && word.File == "" && !word.Remove && !word.Reinstall && have[word.Name] != "" {
			names = append(names, word.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	offers, err := s.ListOffers(ctx, names)
	if err != nil {
		return nil, err
	}
	newest := map[string]string{}
	for _, name := range names {
		limit, _ := w.find(name)
		held := limit.pins(have[name])
		for _, o := range offers[name] {
			if !o.Virtual && (held || limit.allows(o.Version)) && version.CompareAPK(o.Version, have[name]) >= 0 {
				newest[name] = o.Version
				break
			}
		}
	}
	return newest, nil
}

// install orders a package. Afterwards the world names it as before, if that is
// still true, and otherwise at any version; a held one is held in the new version.
func (o *order) install(i int, word packages.Word, now string) {
	old, named := o.world.find(word.Name)
	if old.conflict {
		old, named = constraint{}, false
	}
	old.name, old.tag = word.Name, o.tagFor(word, old.tag)
	asked := constraint{name: word.Name, tag: old.tag}
	after := asked
	if word.Version != "" {
		asked.op, asked.version = "=", word.Version
	}
	switch {
	case named && old.pins(now) && word.Version != "":
		after = asked
	case named && word.Version != "" && old.allows(word.Version):
		after = old
	case named && word.Version == "":
		asked, after = old, old
	}
	o.args[i] = asked.String()
	if asked != after {
		o.pending[asked] = after
	}
}

// tagFor is the tag with which the world names a package. If a version of another repository than the pinned one is
// requested, there is none: apk would leave that version the next time.
func (o *order) tagFor(word packages.Word, now string) string {
	tag := o.pins.tagOf(word.Name, constraint{})
	switch {
	case tag == "" || now != "" && now != tag:
		return now
	case word.Version == "" || strings.HasPrefix(word.Source, "@"+tag+" "):
		return tag
	case word.Source != "":
		return ""
	}
	return now
}

// remove orders the absence of a package in its version, in the one call that installs others, because `apk del` is
// another one. Other versions stay possible for apk, so that its answer shows what needs the package.
func (o *order) remove(i int, now string) {
	asked := constraint{conflict: true, name: o.words[i].Name, op: "=", version: now}
	o.args[i] = asked.String()
	o.pending[asked] = constraint{}
}

// all returns the arguments of all words.
func (o *order) all() []string {
	var out []string
	for _, arg := range o.args {
		if arg != "" && !slices.Contains(out, arg) {
			out = append(out, arg)
		}
	}
	return out
}

// calls are the calls of apk that carry the order out: one, except for a repair, which has a command of its own. They
// do not include --purge, which would apply to every package of a call; package packages removes what a purge removes.
func (o *order) calls() [][]string {
	var list [][]string
	if len(o.fix) > 0 {
		list = append(list, append([]string{"fix"}, o.fix...))
	}
	if all := o.all(); len(all) > 0 {
		list = append(list, append([]string{"add"}, all...))
	}
	return list
}

// allows reports whether a version meets the constraint.
func (c constraint) allows(v string) bool {
	place := version.CompareAPK(v, c.version)
	switch {
	case c.op == "":
		return true
	case c.op == "><":
		return false // only that very file does
	case strings.Contains(c.op, "~"):
		rest, begins := strings.CutPrefix(v, c.version)
		like := begins && (rest == "" || rest[0] < '0' || rest[0] > '9')
		return like || strings.Contains(c.op, "<") && place < 0 || strings.Contains(c.op, ">") && place > 0
	}
	return strings.Contains(c.op, "=") && place == 0 || strings.Contains(c.op, "<") && place < 0 || strings.Contains(c.op, ">") && place > 0
}
