package cli

import (
	"context"
	"path"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
)

// pruneLinks walks the whole target and removes links that packages own by their
// text and that lead nowhere: the links of packages, or parts of them, that
// were deleted without being unstowed.
func (r *run) pruneLinks(ctx context.Context, cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--prune takes no packages"}
	}
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	s, err := r.openTarget(ctx, cmd, at)
	if err != nil {
		return err
	}
	defer s.close()
	p := pruner{site: s, rules: farm.NewGNU(at.path, s.tree)}
	if err := p.pruneDir(ctx, ""); err != nil {
		return err
	}
	return r.carryOut(ctx, s, cmd, p.ops)
}

type pruner struct {
	*site
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
	for _, e := range list {
		if e.Name == ".stow" || e.Name == ".nonstow" {
			return nil
		}
	}
	for _, e := range list {
		at := path.Join(dir, e.Name)
		switch {
		case e.Type == farm.Dir && at != p.path && at != execute.Staging:
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
	p.say(1, op.String())
	p.ops = append(p.ops, op)
	return nil
}
