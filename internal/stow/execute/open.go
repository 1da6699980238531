package execute

import (
	"strings"

	"converge/internal/fsys"
)

// maxOpen is how many directories on the way down are held open, and maxStep is the longest path in bytes between two of
// them: on a longer path some directories between are opened too, so that one is near on the way back up.
const (
	maxOpen = 32
	maxStep = 512
)

// opener opens directories below a root one after the other, each starting from the last: the open directories always
// form one path.
type opener struct {
	root *fsys.Dir
	way  []opened
}

type opened struct {
	path string
	dir  *fsys.Dir
}

// open returns the directory at path below the root. It stays open until the next call.
func (o *opener) open(path string) (*fsys.Dir, error) {
	for len(o.way) > 0 && !isBelow(path, o.way[len(o.way)-1].path) {
		o.pop()
	}
	from, rest := o.root, path
	if n := len(o.way); n > 0 {
		top := o.way[n-1]
		if top.path == path {
			return top.dir, nil
		}
		from, rest = top.dir, path[len(top.path)+1:]
	}
	if rest == "" {
		return from, nil
	}
	if len(rest) > maxStep {
		half := path[:strings.LastIndexByte(path[:len(path)-len(rest)/2], '/')]
		if len(half) > len(path)-len(rest) {
			if _, err := o.open(half); err != nil {
				return nil, err
			}
			return o.open(path)
		}
	}
	d, err := from.OpenPath(rest)
	if err != nil {
		return nil, err
	}
	if len(o.way) == maxOpen {
		o.closeEveryOther()
	}
	o.way = append(o.way, opened{path, d})
	return d, nil
}

// closeEveryOther closes every other open directory.
func (o *opener) closeEveryOther() {
	kept := o.way[:0]
	for i, w := range o.way {
		if i%2 == 0 {
			w.dir.Close()
		} else {
			kept = append(kept, w)
		}
	}
	o.way = kept
}

// isBelow reports whether path is dir or in it.
func isBelow(path, dir string) bool {
	return strings.HasPrefix(path, dir) && (len(path) == len(dir) || path[len(dir)] == '/')
}

func (o *opener) pop() {
	n := len(o.way) - 1
	o.way[n].dir.Close()
	o.way = o.way[:n]
}

func (o *opener) close() {
	for len(o.way) > 0 {
		o.pop()
	}
}
