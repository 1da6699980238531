package store

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/versiondir"
)

// actor is the package manager that makes a change. It is identified by its name, because its file may be rebuilt, moved
// or renamed.
type actor struct {
	*StowDir
	file string // absolute
	name string
}

func newActor(s *StowDir, file, name string) (actor, error) {
	var err error
	if file == "" {
		file, err = os.Executable()
	} else {
		file, err = filepath.Abs(file)
	}
	return actor{s, file, cmp.Or(name, path.Base(file))}, err
}

// holderText returns the text of :managed-by in a state if the actor holds the package: the directory of its file, for
// people, and its name. If the actor is in a package of this store, the path leads through that package's :installed, so
// that the link survives an update.
func (a actor) holderText(st packageState) (string, error) {
	file := path.Join(path.Dir(a.file), a.name)
	pm, rest, err := a.findInside(file)
	if err != nil || pm == "" {
		return file, err
	}
	to := path.Join(a.dir.Path(), pm, nameInstalled, rest)
	if path.Dir(st.path) == a.dir.Path() { // always ../PM/, also in the package PM itself
		return "../" + relativePath(a.dir.Path(), to), nil
	}
	return relativePath(st.path, to), nil
}

// findInside returns the package of the store that contains an absolute path, and the path in a version of it:
// STOW/PM/N.N/rest. Links in the directories on the way are followed; the file itself may be a link.
func (a actor) findInside(file string) (pm, rest string, err error) {
	dirs := []string{path.Dir(file)}
	if d, err := a.open(path.Dir(file)); err == nil {
		dirs = append(dirs, d.Path())
		d.Close()
	}
	for _, dir := range dirs {
		in, ok := strings.CutPrefix(path.Join(dir, path.Base(file)), a.dir.Path()+"/")
		if !ok {
			continue
		}
		pm, in, _ = strings.Cut(in, "/")
		version, rest, deep := strings.Cut(in, "/")
		if !deep || !versiondir.IsPackage(pm) || !versiondir.IsVersion(version) && version != nameInstalled {
			continue
		}
		versioned, err := a.isVersioned(pm)
		if err != nil {
			return "", "", err
		}
		if versioned {
			return pm, rest, nil
		}
	}
	return "", "", nil
}

// actsFor reports whether a text of :managed-by in a state names the actor: its last name is that of the actor, or that
// of the actor's file, as in older texts; or it leads to that file, or into the same package.
func (a actor) actsFor(st packageState, holder string) (bool, error) {
	switch path.Base(holder) {
	case a.name, path.Base(a.file):
		return true, nil
	}
	at := resolveLink(st.path, holder)
	if a.isSameFile(at, a.file) {
		return true, nil
	}
	text, err := a.holderText(st)
	if err != nil {
		return false, err
	}
	pkg := a.packageOf(at)
	return pkg != "" && pkg == a.packageOf(resolveLink(st.path, text)), nil
}

func (a actor) isSameFile(p, q string) bool {
	ia, oka := a.statFile(p)
	ib, okb := a.statFile(q)
	return oka && okb && ia.Dev == ib.Dev && ia.Ino == ib.Ino
}

// packageOf returns the directory of the package that contains a path: of this store, or of another one that uses the
// protocol; "" if there is none.
func (a actor) packageOf(p string) string {
	if in, ok := strings.CutPrefix(p, a.dir.Path()+"/"); ok {
		pm, _, deep := strings.Cut(in, "/")
		if deep && versiondir.IsPackage(pm) {
			return a.dir.Path() + "/" + pm
		}
		return ""
	}
	for dir := path.Dir(path.Dir(p)); dir != "/" && dir != "."; dir = path.Dir(dir) {
		d, err := a.open(dir)
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
