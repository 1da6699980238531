package farm

import (
	"context"
	"fmt"
	"slices"
)

// Planner plans what a command does to one target. It is for one Plan.
type Planner struct {
	Tree    Tree
	Rules   Rules
	Ignore  Ignorer
	Options Options

	// Stow is the stow directory of the command, from the target: it is never
	// stowed into.
	Stow string

	// Say receives tasks (level 1) and decisions (2 and more) as they are made;
	// nothing above Verbose is sent. Level 0 is warnings.
	Say     Sink
	Verbose int
	// Hear receives decisions that no operation shows. It may be nil.
	Hear func(Heard)

	ctx       context.Context //nolint:containedctx // of the one Plan that is made
	state     *state
	conflicts []Conflict
	marked    map[string]bool
	again     map[Image]bool // images that are unstowed and then stowed
	spots     map[string][]spot
}

// Plan plans all unstows and then all stows of a request. Conflicts are part
// of the plan; an error is what made planning impossible.
func (p *Planner) Plan(ctx context.Context, req Request) (Plan, error) {
	p.ctx = ctx
	p.state = newState(p.Tree, p.sayTask)
	if p.Options.Sound {
		p.state.replaced = map[string]int32{}
	}
	p.marked, p.again, p.spots = map[string]bool{}, map[Image]bool{}, map[string][]spot{}
	for _, img := range req.Unstow {
		p.again[img] = slices.Contains(req.Stow, img)
	}
	for _, img := range slices.Concat(req.Unstow, req.Stow) {
		if err := p.requirePackage(img); err != nil {
			return Plan{}, err
		}
	}
	if ok, err := p.isUnchanged(req); ok || err != nil {
		return Plan{}, err
	}
	for _, img := range req.Unstow {
		w := walk{Planner: p, image: img, top: joinPaths(img.Stow, img.Package)}
		if err := w.unstowContents("", ""); err != nil {
			return Plan{}, err
		}
	}
	for _, img := range req.Stow {
		w := walk{Planner: p, image: img, top: joinPaths(img.Stow, img.Package)}
		if err := w.stowContents("", ""); err != nil {
			return Plan{}, err
		}
	}
	return Plan{Ops: p.state.ops(), Conflicts: p.conflicts}, nil
}

func (p *Planner) requirePackage(img Image) error {
	path, t := joinPaths(img.Stow, img.Package), None
	if path != "" && img.Package != ".." { // else the target would be stowed into itself
		var err error
		if t, err = p.Tree.Leads(path); err != nil {
			return err
		}
	}
	if t != Dir {
		return fmt.Errorf("The stow directory %s does not contain package %s", img.Stow, img.Package) //nolint:staticcheck // GNU Stow's words
	}
	return nil
}

func (p *Planner) sayTask(op Op, remark string) {
	if p.Verbose < 1 || p.Say == nil {
		return
	}
	text := op.String()
	if remark != "" {
		text += " (" + remark + ")"
	}
	p.Say(1, text)
}

func (p *Planner) say(level int, format string, args ...any) {
	if p.Say != nil && level <= p.Verbose {
		p.Say(level, fmt.Sprintf(format, args...))
	}
}

func (w *walk) addConflict(s spot, format string, args ...any) {
	w.conflicts = append(w.conflicts, Conflict{
		Action: "stow", Package: w.image.Package, Text: fmt.Sprintf(format, args...), Image: w.image, Path: s.target,
	})
}

func (w *walk) reportDecision(d Decision, s spot) {
	if w.Hear != nil {
		w.Hear(Heard{Decision: d, Image: w.image, Path: s.target, Type: s.typ})
	}
}

// walk visits one image.
type walk struct {
	*Planner
	image Image
	top   string // the image's directory, from the target
}

// spot is one entry of an image and its place in the target.
type spot struct {
	sub    string // in the image
	target string // in the target
	typ    Type   // of the entry, not followed
	name   string // of the entry
	prefix string // less the name, what a link to it at its place reads
}

// text is what a link to the entry at its place reads.
func (s spot) text() string { return s.prefix + s.name }

// reads reports whether text is that, and makes no string for it.
func (s spot) reads(text string) bool {
	n := len(s.prefix)
	return len(text) == n+len(s.name) && text[:n] == s.prefix && text[n:] == s.name
}

// sourcePath returns the entry's path from the target.
func (w *walk) sourcePath(s spot) string { return pathBelow(w.top, s.sub) }

// leadsTo returns what the entry is, its own links followed.
func (w *walk) leadsTo(s spot) (Type, error) {
	if s.typ != Symlink {
		return s.typ, nil
	}
	return w.Tree.Leads(w.sourcePath(s))
}

// linkPrefix returns what links in a directory of the target begin with, if they lead
// to entries of a directory of the image.
func (w *walk) linkPrefix(sub, target string) string {
	top := w.top
	if w.Options.Absolute != "" {
		image := w.image.Package
		if in, ok := within(w.top, w.Stow); ok { // it may lie deeper than one directory
			image = in
		}
		return joinPaths(w.Options.Absolute, image, sub) + "/"
	}
	return joinPaths(climbFrom(target), top, sub) + "/"
}
