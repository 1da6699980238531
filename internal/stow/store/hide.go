package store

import (
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// hidden is a tree without the links into some images, and so without the
// entries seen through them.
type hidden struct {
	farm.Tree
	hides func(path, text string) bool
	dirs  map[string]bool // what is known of paths that were asked about
}

// hiding hides what the jobs of recovery must not see.
func (r *run) hiding(t farm.Tree) farm.Tree {
	for _, j := range r.jobs {
		if j.hide != "" {
			return &hidden{Tree: t, hides: r.hides, dirs: map[string]bool{}}
		}
	}
	return t
}

// hides tells whether a link of the target leads into a hidden part. Links in
// the stow directory are files of packages.
func (r *run) hides(at, text string) bool {
	if _, in := below(at, r.at.stow); in && r.at.stow != "." || path.IsAbs(text) {
		return false
	}
	rest, ok := below(path.Join(path.Dir(at), text), r.at.stow)
	if !ok {
		return false
	}
	foo, rest, _ := cut(rest)
	part, _, _ := cut(rest)
	for _, j := range r.jobs {
		if j.hide != "" && j.hide == part && j.foo == foo {
			return true
		}
	}
	return false
}

// SameFile asks the tree that is hidden from, if that can tell.
func (h *hidden) SameFile(a, b string) (bool, error) {
	tree, ok := h.Tree.(interface {
		SameFile(a, b string) (bool, error)
	})
	if !ok {
		return false, nil
	}
	return tree.SameFile(a, b)
}

// away reports whether a path is a hidden link, or leads through one.
func (h *hidden) away(p string) (bool, error) {
	if p == "" || p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return false, nil
	}
	if is, ok := h.dirs[p]; ok {
		return is, nil
	}
	is, err := h.away(path.Dir(p))
	if err == nil && !is {
		t, text, lookErr := h.Tree.Look(p)
		is, err = t == farm.Symlink && h.hides(p, text), lookErr
	}
	h.dirs[p] = is
	return is, err
}

func (h *hidden) Look(p string) (farm.Type, string, error) {
	if away, err := h.away(p); away || err != nil {
		return farm.None, "", err
	}
	return h.Tree.Look(p)
}

func (h *hidden) Reads(dir, name, prefix string) (bool, error) {
	if away, err := h.away(path.Join(dir, name)); away || err != nil {
		return false, err
	}
	return h.Tree.Reads(dir, name, prefix)
}

func (h *hidden) Leads(p string) (farm.Type, error) {
	if away, err := h.away(p); away || err != nil {
		return farm.None, err
	}
	return h.Tree.Leads(p)
}

func (h *hidden) List(dir string) ([]farm.Entry, error) {
	all, err := h.Tree.List(dir)
	if err != nil {
		return nil, err
	}
	list := make([]farm.Entry, 0, len(all))
	for _, e := range all {
		if e.Type == farm.Symlink {
			if away, err := h.away(path.Join(dir, e.Name)); away || err != nil {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		list = append(list, e)
	}
	return list, nil
}

// unhide makes operations that were planned without sight of some links fit
// the disk, where those are.
func (r *run) unhide(ops []farm.Op) ([]farm.Op, error) {
	if _, any := r.hiding(nil).(*hidden); !any {
		return ops, nil
	}
	last := make(map[string]farm.Op, len(ops))
	for _, op := range ops {
		last[op.Path] = op
	}
	there := map[string]string{}
	for p := range last {
		text, err := r.linkAt(p)
		if err != nil {
			return nil, err
		}
		if text != "" && r.hides(p, text) {
			there[p] = text
		}
	}
	var out []farm.Op
	for _, op := range ops {
		text, is := there[op.Path]
		if is {
			if end := last[op.Path]; end.Kind == farm.Link && end.Text == text {
				continue // done before the interruption
			}
			out = append(out, farm.Op{Kind: farm.Unlink, Path: op.Path, Text: text})
			delete(there, op.Path)
		}
		out = append(out, op)
	}
	return out, nil
}

// linkAt is the text of a link in the target; "" if there is none, or if links
// lead there.
func (r *run) linkAt(p string) (string, error) {
	dir := path.Dir(p)
	if dir == "." {
		dir = ""
	}
	d, err := r.at.dir.OpenPath(dir)
	if gone(err) || err != nil && notDir(err) == nil {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer d.Close()
	t, text, err := d.Look(path.Base(p))
	if t != fsys.Symlink {
		text = ""
	}
	return text, err
}
