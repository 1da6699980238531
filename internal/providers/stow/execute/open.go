package execute

import (
	"strings"

	"converge/internal/fsys"
)

// maxOpen is how many directories of a way down are held open.
const maxOpen = 32

// opener opens directories below a root one after the other, and goes on from
// where it is: what is open is always one way down.
type opener struct {
	root *fsys.Dir
	way  []opened
}

type opened struct {
	path string
	dir  *fsys.Dir
}

// open gives the directory at path below the root. It stays open until the
// next one is asked for.
func (o *opener) open(path string) (*fsys.Dir, error) {
	for len(o.way) > 0 && !below(path, o.way[len(o.way)-1].path) {
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
	d, err := from.OpenPath(rest)
	if err != nil {
		return nil, err
	}
	if len(o.way) == maxOpen {
		o.way[0].dir.Close()
		o.way = append(o.way[:0], o.way[1:]...)
	}
	o.way = append(o.way, opened{path, d})
	return d, nil
}

// below reports whether path is dir or in it.
func below(path, dir string) bool {
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
