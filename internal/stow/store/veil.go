package store

import (
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// veil hides the links into some images from the planner, because recovery must ignore them.
type veil struct {
	Location
	images []farm.Image // as the planner identifies them
}

// newVeil hides the parts that jobs of recovery name.
func newVeil(at Location, jobs []*job) *veil {
	v := &veil{Location: at}
	for _, j := range jobs {
		if j.hide != "" {
			v.images = append(v.images, farm.Image{Stow: j.foo, Package: j.hide})
		}
	}
	return v
}

// cover returns a tree without the hidden links.
func (v *veil) cover(t farm.Tree) farm.Tree {
	if len(v.images) == 0 {
		return t
	}
	return &veiledTree{Tree: t, hides: v.hides, known: map[string]bool{}}
}

// hides reports whether a link of the target leads into a hidden image. Links in the stow directory are files of
// packages.
func (v *veil) hides(at, text string) bool {
	if _, in := pathBelow(at, v.stow); in && v.stow != "." || path.IsAbs(text) {
		return false
	}
	rest, ok := pathBelow(path.Join(path.Dir(at), text), v.stow)
	if !ok {
		return false
	}
	foo, rest, _ := strings.Cut(rest, "/")
	return slices.Contains(v.images, farm.Image{Stow: foo, Package: firstName(rest)})
}

// addHidden adapts operations that were planned without the hidden links to the disk, where these exist.
func (v *veil) addHidden(ops []farm.Op) ([]farm.Op, error) {
	if len(v.images) == 0 {
		return ops, nil
	}
	last := make(map[string]farm.Op, len(ops))
	for _, op := range ops {
		last[op.Path] = op
	}
	there := map[string]string{}
	for p := range last {
		text, err := v.readLink(p)
		if err != nil {
			return nil, err
		}
		if text != "" && v.hides(p, text) {
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

// readLink returns the text of a link in the target; "" if there is none, or if a parent is a link.
func (v *veil) readLink(p string) (string, error) {
	dir := path.Dir(p)
	if dir == "." {
		dir = ""
	}
	d, err := v.target.OpenPath(dir)
	if isMissing(err) || err != nil && unlessNotDir(err) == nil {
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
