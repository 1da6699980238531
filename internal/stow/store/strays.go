package store

import (
	"context"
	"path"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// strays finds links into images whose trees are deleted. Walking such a tree is impossible, so it searches the whole
// target.
type strays struct {
	Location
	warn func(text string)
}

// findLinks plans the removal of every link into an image.
func (s strays) findLinks(ctx context.Context, img farm.Image) ([]farm.Op, error) {
	top := path.Join(img.Stow, img.Package)
	var ops []farm.Op
	todo := []string{""}
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		found, subs, err := s.findIn(dir, top)
		if err != nil {
			return nil, err
		}
		ops = append(ops, found...)
		todo = append(todo, subs...)
	}
	return ops, nil
}

// findIn searches one directory of the target. A vanished or unreadable one contains nothing to remove.
func (s strays) findIn(dir, top string) (ops []farm.Op, subs []string, err error) {
	d, err := s.target.OpenPath(dir)
	if err != nil {
		if dir == "" {
			return nil, nil, err
		}
		s.warn("not looked through: " + err.Error())
		return nil, nil, nil
	}
	defer d.Close()
	entries, err := d.Entries()
	if err != nil {
		s.warn("not looked through: " + err.Error())
		return nil, nil, nil
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name)
		switch e.Type {
		case fsys.Directory:
			if p != s.stow && p != ViewState {
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
			if _, in := pathBelow(path.Join(dir, text), top); in {
				ops = append(ops, farm.Op{Kind: farm.Unlink, Path: p, Text: text})
			}
		}
	}
	return ops, subs, nil
}
