// Package tree reads the disk for the planner of the symlink farm: paths relative to a target, read through the target's
// own directory handle.
//
// Start with [New]. A Disk caches its listings and keeps the last directories open, so that a look at a name takes one
// system call, or none. It never writes.
package tree

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/stow/farm"
)

// Disk is a [farm.Tree]. It is for one goroutine, and valid until something changes.
type Disk struct {
	target *fsys.Dir
	open   []*handle // most recently used first
	lists  map[string][]farm.Entry
}

// handle is an opened directory.
type handle struct {
	path string
	dir  *fsys.Dir // nil: there is no such directory
	list []farm.Entry
	has  bool // its entries are listed
	next int  // the index after the last found entry
}

// maxOpen limits the open directories: a walk returns to few of them.
const maxOpen = 64

// New returns a Disk that reads below target, which its caller must close.
func New(target *fsys.Dir) *Disk {
	return &Disk{target: target, lists: map[string][]farm.Entry{}}
}

// Close closes the open directories.
func (d *Disk) Close() {
	for _, h := range d.open {
		h.close()
	}
	d.open = nil
}

func (h *handle) close() {
	if h.dir != nil {
		h.dir.Close()
	}
}

// Look calls lstat(2), and readlink(2) for a link.
func (d *Disk) Look(path string) (farm.Type, string, error) {
	dir, name := splitPath(path)
	if name == ".." {
		return farm.Dir, "", nil
	}
	h, err := d.handleOf(dir)
	if err != nil || h.dir == nil {
		return farm.None, "", err
	}
	if e, known := h.findEntry(name); known && e.Type != farm.Symlink {
		return e.Type, "", nil
	}
	t, text, err := h.dir.Look(name)
	if isTooLong(err) {
		return farm.None, "", nil
	}
	return farmType(t), text, err
}

// Reads calls readlink(2), without making a string of the text.
func (d *Disk) Reads(dir, name, prefix string) (bool, error) {
	h, err := d.handleOf(dir)
	if err != nil || h.dir == nil {
		return false, err
	}
	ok, err := h.dir.Reads(name, prefix, name)
	if isTooLong(err) {
		return false, nil
	}
	return ok, err
}

// Leads calls stat(2).
func (d *Disk) Leads(path string) (farm.Type, error) {
	dir, name := splitPath(path)
	if name == ".." {
		return farm.Dir, nil
	}
	h, err := d.handleOf(dir)
	if err != nil || h.dir == nil {
		return farm.None, err
	}
	if e, known := h.findEntry(name); known && e.Type != farm.Symlink {
		return e.Type, nil
	}
	if strings.Count(path, "/") >= maxLinks {
		if tangled, err := d.hasTooManyLinks(path); tangled || err != nil {
			return farm.None, err
		}
	}
	t, err := h.dir.Leads(name)
	if isTooLong(err) {
		return farm.None, nil
	}
	return farmType(t), err
}

// SameFile compares the results of lstat(2) for two paths.
func (d *Disk) SameFile(a, b string) (bool, error) {
	var infos [2]fsys.Info
	for i, path := range [...]string{a, b} {
		dir, name := splitPath(path)
		h, err := d.handleOf(dir)
		if err != nil || h.dir == nil {
			return false, err
		}
		if infos[i], err = h.dir.Lstat(name); err != nil {
			return false, err
		}
	}
	return infos[0].Dev == infos[1].Dev && infos[0].Ino == infos[1].Ino, nil
}

// maxLinks is how many links the kernel follows on one path (MAXSYMLINKS).
const maxLinks = 40

// hasTooManyLinks reports whether a path contains too many links. A handle of its directory hides that: from there the
// kernel counts anew.
func (d *Disk) hasTooManyLinks(path string) (bool, error) {
	dir, err := d.target.Follow(path)
	switch {
	case err == nil:
		dir.Close()
		return false, nil
	case errors.Is(err, unix.ELOOP):
		return true, nil
	case leadsNowhere(err):
		return false, nil
	}
	return false, err
}

// List calls readdir(3), and sorts.
func (d *Disk) List(path string) ([]farm.Entry, error) {
	if path == "." {
		path = ""
	}
	if list, ok := d.lists[path]; ok {
		return list, nil
	}
	h, err := d.handleOf(path)
	if err != nil {
		return nil, err
	}
	if h.dir == nil {
		return nil, &fsys.Error{Verb: "list", Path: d.target.Path() + "/" + path, Err: unix.ENOENT}
	}
	entries, err := h.dir.Entries()
	if err != nil {
		return nil, err
	}
	list := make([]farm.Entry, len(entries))
	for i, e := range entries {
		list[i] = farm.Entry{Name: e.Name, Type: farmType(e.Type)}
	}
	d.lists[path] = list
	h.list, h.has = list, true
	return list, nil
}

// findEntry finds a name in the listing; known is false if there is no listing. Most callers look names up in order.
func (h *handle) findEntry(name string) (e farm.Entry, known bool) {
	if !h.has {
		return e, false
	}
	i := h.next
	if i > 0 && h.list[i-1].Name == name {
		return h.list[i-1], true
	}
	if i >= len(h.list) || h.list[i].Name != name {
		var ok bool
		i, ok = slices.BinarySearchFunc(h.list, name, func(e farm.Entry, name string) int { return strings.Compare(e.Name, name) })
		if !ok {
			return farm.Entry{Name: name, Type: farm.None}, true
		}
	}
	h.next = i + 1
	return h.list[i], true
}

// handleOf returns the handle of a directory, and opens it if it is not open.
func (d *Disk) handleOf(path string) (*handle, error) {
	for i, h := range d.open {
		if h.path == path {
			copy(d.open[1:i+1], d.open[:i])
			d.open[0] = h
			return h, nil
		}
	}
	h := &handle{path: path}
	h.list, h.has = d.lists[path], d.lists[path] != nil
	var err error
	h.dir, err = d.target.Follow(orDot(path))
	if err != nil && !leadsNowhere(err) {
		return nil, err
	}
	if err != nil {
		h.dir = nil
	}
	if len(d.open) == maxOpen {
		d.open[maxOpen-1].close()
		d.open = d.open[:maxOpen-1]
	}
	d.open = slices.Insert(d.open, 0, h)
	return h, nil
}

func orDot(path string) string {
	if path == "" {
		return "."
	}
	return path
}

// splitPath cuts a path into directory and name. The target is its own directory, as "..": it needs no look-up.
func splitPath(path string) (dir, name string) {
	if path == "" || path == "." {
		return "", ".."
	}
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

func farmType(t fsys.Type) farm.Type {
	switch t {
	case fsys.Nothing:
		return farm.None
	case fsys.Directory:
		return farm.Dir
	case fsys.Symlink:
		return farm.Symlink
	}
	return farm.File
}

// leadsNowhere reports whether an error means that nothing is at the end of a path.
func leadsNowhere(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || isTooLong(err)
}

// isTooLong reports whether a name is longer than any file system allows.
func isTooLong(err error) bool { return errors.Is(err, unix.ENAMETOOLONG) }
