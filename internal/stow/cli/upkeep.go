package cli

import (
	"context"
	"path"
	"slices"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// recoverTarget only repairs.
func (r *run) recoverTarget(ctx context.Context) error {
	s, err := r.openTarget(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if !r.cmd.Simulate {
		if err := s.dir.Unlock(); err != nil { // the store takes locks in its own order
			return err
		}
		_, err = r.st.Recover(ctx, store.Options{Force: r.cmd.Force, Notify: r.cmd.Notify})
		return r.reportConflicts(err)
	}
	foos, err := r.st.Interrupted(ctx)
	if err == nil && (s.interrupted || len(foos) > 0) {
		for _, foo := range foos {
			r.warn("interrupted: " + foo)
		}
		err = errInterrupted
	}
	return err
}

// pruneLinks walks the whole target and removes dangling links that belong to packages by their text: the links of
// packages, or parts of them, that were deleted without being unstowed.
func (r *run) pruneLinks(ctx context.Context) error {
	s, err := r.openTarget(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	p := pruner{opener: r.opener, tree: s.tree, rules: farm.NewGNU(r.at.path, s.tree)}
	if err := p.pruneDir(ctx, ""); err != nil {
		return err
	}
	return r.carryOut(ctx, s, p.ops)
}

type pruner struct {
	*opener
	tree  farm.Tree
	rules farm.Rules
	ops   []farm.Op
}

func (p *pruner) pruneDir(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	list, err := p.tree.List(dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(e farm.Entry) bool { return e.Name == ".stow" || e.Name == ".nonstow" }) {
		return nil
	}
	for _, e := range list {
		at := path.Join(dir, e.Name)
		switch {
		case e.Type == farm.Dir && at != p.at.path && at != execute.Staging:
			err = p.pruneDir(ctx, at)
		case e.Type == farm.Symlink:
			err = p.pruneLink(at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pruner) pruneLink(at string) error {
	leads, err := p.tree.Leads(at)
	if err != nil || leads != farm.None {
		return err
	}
	_, text, err := p.tree.Look(at)
	if err != nil || path.IsAbs(text) {
		return err
	}
	_, owned, err := p.rules.Owner(path.Join(path.Dir(at), text))
	if err != nil || !owned {
		return err
	}
	op := farm.Op{Kind: farm.Unlink, Path: at, Text: text}
	p.log(1, op.String())
	p.ops = append(p.ops, op)
	return nil
}
