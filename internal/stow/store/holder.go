package store

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// manager is a package manager. It is known by its name, because its file may be
// built anew, moved or renamed.
type manager struct {
	file string // absolute
	name string
}

func managerOf(file, name string) (manager, error) {
	var err error
	if file == "" {
		file, err = os.Executable()
	} else {
		file, err = filepath.Abs(file)
	}
	return manager{file, cmp.Or(name, path.Base(file))}, err
}

// holderText is the text of :managed-by in a seat if the actor holds the package:
// the directory of its file, so that a person finds it, and its name. An actor in
// a package of this store is named through that package's :installed, so that the
// link outlives its next version.
func (s *Store) holderText(st seat) (string, error) {
	file := path.Join(path.Dir(s.actor.file), s.actor.name)
	pm, rest, err := s.inside(file)
	if err != nil || pm == "" {
		return file, err
	}
	to := path.Join(s.dir.Path(), pm, nameInstalled, rest)
	if path.Dir(st.path) == s.dir.Path() { // always ../PM/, also in the package PM itself
		return "../" + rel(s.dir.Path(), to), nil
	}
	return rel(st.path, to), nil
}

// inside finds the package of the store, and the path in a version of it, that
// contains an absolute path: STOW/PM/N.N/rest. Links in the directories on the
// way are followed; the file itself may be one.
func (s *Store) inside(file string) (pm, rest string, err error) {
	dirs := []string{path.Dir(file)}
	if d, err := s.cfg.OpenDir(path.Dir(file)); err == nil {
		dirs = append(dirs, d.Path())
		d.Close()
	}
	for _, dir := range dirs {
		in, ok := strings.CutPrefix(path.Join(dir, path.Base(file)), s.dir.Path()+"/")
		if !ok {
			continue
		}
		pm, in, _ = strings.Cut(in, "/")
		version, rest, deep := strings.Cut(in, "/")
		if !deep || !isPackage(pm) || !isVersion(version) && version != nameInstalled {
			continue
		}
		versioned, err := s.versioned(pm)
		if err != nil {
			return "", "", err
		}
		if versioned {
			return pm, rest, nil
		}
	}
	return "", "", nil
}

// versioned tells packages of the protocol, and those that are going to be: a
// manager must be able to stow itself.
func (s *Store) versioned(pm string) (bool, error) {
	if yes, err := s.protocol(place{home: true}, pm); yes || err != nil {
		return yes, err
	}
	versions, err := s.LooksVersioned(pm)
	return len(versions) > 0, err
}

// actsFor reports whether a text of :managed-by in a seat names the actor: its
// last name is the actor's, or that of the actor's file, as older texts have it;
// or it leads to that file, or into the same package.
func (s *Store) actsFor(st seat, holder string) (bool, error) {
	switch path.Base(holder) {
	case s.actor.name, path.Base(s.actor.file):
		return true, nil
	}
	at := lead(st.path, holder)
	if s.sameFile(at, s.actor.file) {
		return true, nil
	}
	text, err := s.holderText(st)
	if err != nil {
		return false, err
	}
	pkg := s.packageOf(at)
	return pkg != "" && pkg == s.packageOf(lead(st.path, text)), nil
}

func (s *Store) sameFile(a, b string) bool {
	ia, oka := s.stat(a)
	ib, okb := s.stat(b)
	return oka && okb && ia.Dev == ib.Dev && ia.Ino == ib.Ino
}

// stat returns the target of a path. An unreadable path is no file: the holder
// of a package must be named even when the holder is deleted.
func (s *Store) stat(p string) (fsys.Info, bool) {
	d, err := s.cfg.OpenDir(path.Dir(p))
	if err != nil {
		return fsys.Info{}, false
	}
	defer d.Close()
	info, err := d.Stat(path.Base(p))
	return info, err == nil
}

// packageOf returns the directory of the package that contains a path: one of
// this store, or of another one that uses the protocol. "" is none.
func (s *Store) packageOf(p string) string {
	if in, ok := strings.CutPrefix(p, s.dir.Path()+"/"); ok {
		pm, _, deep := strings.Cut(in, "/")
		if deep && isPackage(pm) {
			return s.dir.Path() + "/" + pm
		}
		return ""
	}
	for dir := path.Dir(path.Dir(p)); dir != "/" && dir != "."; dir = path.Dir(dir) {
		d, err := s.cfg.OpenDir(dir)
		if err != nil {
			continue
		}
		t, _, err := d.Look(nameInstalled)
		d.Close()
		if err == nil && t == fsys.Symlink {
			return dir
		}
	}
	return ""
}
