package fsys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// OpenSource opens a regular file whose content will be copied to where other users may read it. It follows links. It
// returns [ErrUnsafe] if another user can have made the path lead to a file that is not readable for everyone.
func (h *Held) OpenSource(p string) (*os.File, error) {
	if h.fs.root == "/" && isPassed(p) {
		return openPassed(p)
	}
	t := h.kept.take(h.fs)
	defer h.kept.put(t)
	s, info, err := t.resolveSpot(p)
	if err == nil && info.Type != Regular {
		err = fmt.Errorf("it is %v, %w", info.Type, errNoSource)
	}
	if err == nil {
		err = h.fs.rules.mayShow(s.dir.info, info)
	}
	if err == nil && info.Mode&0o004 == 0 {
		err = h.fs.rules.mayStep(s.dir.path, s.dir.info, s.name, info, false)
	}
	if err != nil {
		return nil, errorAbout("read", p, err)
	}
	fd, err := s.openEntry(readOnly)
	if err != nil {
		return nil, errorAbout("read", p, err)
	}
	file := os.NewFile(uintptr(fd), p)
	if err := checkUnchanged(file, info); err != nil {
		file.Close()
		return nil, errorAbout("read", p, err)
	}
	return file, nil
}

// NamesInSource lists a folder, sorted, whose files will be read with [Held.OpenSource]. It follows links by safe steps.
func (h *Held) NamesInSource(dir string) ([]string, error) {
	real, err := h.ResolveFolder(dir)
	if err != nil {
		return nil, err
	}
	return h.Names(real)
}

// WalkSource visits everything below such a folder, as [FS.Walk] does, but also what is mounted there. It calls visit with
// the path of each entry from the folder, and the folder's owner; its errors end the visits.
func (h *Held) WalkSource(dir string, visit func(rel string, owner uint32, e Entry) error) error {
	t := h.kept.take(h.fs)
	s, _, err := t.resolveSpot(dir + "/")
	fd := -1
	if err == nil {
		fd, err = s.openEntry(dirFlags)
	}
	h.kept.put(t)
	if err != nil {
		return errorAbout("read", dir, err)
	}
	defer unix.Close(fd)
	return walker{rules: h.fs.rules, whole: true, visit: func(e Entry) error {
		return visit(strings.TrimPrefix(e.Path, "/"), s.dir.info.UID, e)
	}}.walkIn(context.Background(), fd, ".", "/")
}

// OpenNamed is [Held.OpenSource] for a file below root that is named on the command line: root's choice may lie in
// another user's folder, but links on the way are judged.
func OpenNamed(root, p string) (*os.File, error) {
	host, err := Open(root)
	if err != nil {
		return nil, err
	}
	defer host.Close()
	host.rules.named = true
	held := host.Hold()
	defer held.Forget()
	return held.OpenSource(p)
}

// ReadSource is [Files.ReadFile] for a file whose path another user may have changed: as root, links are followed as
// [OpenNamed] does.
func (f Files) ReadSource(name string, limit int64) ([]byte, error) {
	if os.Geteuid() != 0 {
		return f.ReadFile(name, limit)
	}
	file, err := OpenNamed(cmp.Or(f.root, "/"), name)
	switch {
	case errors.Is(err, errNoSource):
		return nil, fmt.Errorf("%s is not a regular file", name)
	case err != nil:
		return nil, err
	}
	return readAll(file, name, limit)
}
