package farm

import (
	"context"
	"fmt"
	"slices"
)

// Planner plans the changes of one target.
type Planner struct {
	Tree    Tree
	Rules   Rules
	Ignore  Ignorer
	Options Options

	// Stow is the path of the command's stow directory from the target: nothing is stowed into it.
	Stow string

	// Log receives tasks (level 1) and decisions (2 and more) as they are made, up to the level Verbose. Level 0 is for
	// warnings.
	Log     Sink
	Verbose int
	// OnDecision receives decisions without an operation. It may be nil.
	OnDecision func(Decided)
}

// draft is a plan under construction.
type draft struct {
	state     *state
	conflicts []Conflict
}

// Plan plans all unstows and then all stows of a request. Conflicts are part of the plan; an error means that planning
// was impossible.
func (p *Planner) Plan(ctx context.Context, req Request) (Plan, error) {
	for _, img := range slices.Concat(req.Unstow, req.Stow) {
		if err := p.requirePackage(img); err != nil {
			return Plan{}, err
		}
	}
	v := newSurvey(ctx, p, req)
	if ok, err := v.isUnchanged(req); ok || err != nil {
		return Plan{}, err
	}
	d := &draft{state: newState(p.Tree, p.sayTask)}
	if p.Options.Sound {
		d.state.replaced = map[string]int32{}
	}
	for _, img := range req.Unstow {
		u := unstower{v.openImage(img), d}
		if err := u.unstowContents("", ""); err != nil {
			return Plan{}, err
		}
	}
	for _, img := range req.Stow {
		w := stower{v.openImage(img), d}
		if err := w.stowContents("", ""); err != nil {
			return Plan{}, err
		}
	}
	return Plan{Ops: d.state.ops(), Conflicts: d.conflicts}, nil
}

func (p *Planner) requirePackage(img Image) error {
	path, t := joinPaths(img.Stow, img.Package), None
	if path != "" && img.Package != ".." { // otherwise the target would be stowed into itself
		var err error
		if t, err = p.Tree.Leads(path); err != nil {
			return err
		}
	}
	if t != Dir {
		return &MissingError{img.Stow, img.Package}
	}
	return nil
}

// MissingError is a package, or a version of one, that does not exist.
type MissingError struct{ Stow, Part string }

func (e *MissingError) Error() string { // GNU Stow's words
	return fmt.Sprintf("The stow directory %s does not contain package %s", e.Stow, e.Part)
}
