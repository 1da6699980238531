package store

import (
	"context"
	"path"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// strays finds the links into a part of a package whose tree is deleted, which a
// walk through that tree cannot find: it searches the whole target.
func (r *run) strays(ctx context.Context, foo, part string) ([]farm.Op, error) {
	img := r.image(foo, part)
	top := path.Join(img.Stow, img.Package)
	var ops []farm.Op
	todo := []string{""}
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		found, subs, err := r.straysIn(dir, top)
		if err != nil {
			return nil, err
		}
		ops = append(ops, found...)
		todo = append(todo, subs...)
	}
	return ops, nil
}

// straysIn looks through one directory of the target. One that vanishes, or
// that may not be read, holds nothing that could be taken away.
func (r *run) straysIn(dir, top string) (ops []farm.Op, subs []string, err error) {
	d, err := r.at.dir.OpenPath(dir)
	if err != nil {
		if dir == "" {
			return nil, nil, err
		}
		r.cfg.Warn("not looked through: " + err.Error())
		return nil, nil, nil
	}
	defer d.Close()
	entries, err := d.Entries()
	if err != nil {
		r.cfg.Warn("not looked through: " + err.Error())
		return nil, nil, nil
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name)
		switch e.Type {
		case fsys.Directory:
			if p != r.at.stow && p != nameViewState {
				subs = append(subs, p)
			}
		case fsys.Symlink:
			_, text, err := d.Look(e.Name)
			if err != nil {
				return nil, nil, err
			}
			if path.IsAbs(text) {
				continue
			}
			if _, in := below(path.Join(dir, text), top); in {
				ops = append(ops, farm.Op{Kind: farm.Unlink, Path: p, Text: text})
			}
		}
	}
	return ops, subs, nil
}
