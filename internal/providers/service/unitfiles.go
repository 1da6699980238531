package service

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"converge/internal/fsys"
	"converge/resources"
)

// unitFiles reads the unit files of a root, and the links between them.
type unitFiles struct {
	listing
	followed *followed              // the changes of other providers
	holds    func(path string) bool // see Options; may be nil
}

func openUnitFiles(root string, f *followed, age time.Duration) (*unitFiles, error) {
	tree, err := fsys.Open(root)
	if err != nil {
		return nil, fmt.Errorf("cannot look at the units: %w", err)
	}
	return &unitFiles{listing: listing{fs: tree, age: age}, followed: f}, nil
}

// wantingKinds returns the kinds of the folders UNIT.KIND whose links make UNIT want others.
func wantingKinds() []string { return []string{".wants", ".requires", ".upholds"} }

// etcUnits is the folder of an administrator's unit files and links.
const etcUnits = "/etc/systemd/system"

// unitFile is a unit's file in the tree.
type unitFile struct {
	name   resources.UnitName // the unit of the file, after resolving an alias
	path   string             // "" if there is none
	masked bool
	in     install
}

// find finds the file of a unit, or of the template of an instance.
func (u *unitFiles) find(name resources.UnitName) (unitFile, error) {
	p, info, err := u.lookUp(name, fs.ErrNotExist)
	if err != nil || p == "" {
		return unitFile{name: name}, err
	}
	return u.read(name, p, info)
}

// lookUp finds the file of a unit, or of the template of an instance, in the order of precedence; "" if there is none.
// Errors in passed count as a missing file.
func (u *unitFiles) lookUp(name resources.UnitName, passed ...error) (string, fsys.Info, error) {
	names := []string{name.String()}
	if tpl := name.TemplateName(); tpl != "" {
		names = append(names, tpl)
	}
	for _, n := range names {
		for _, dir := range resources.UnitDirs() {
			if u.lacks(dir + "/" + n) {
				continue
			}
			info, err := u.fs.Lstat(dir + "/" + n)
			if slices.ContainsFunc(passed, func(p error) bool { return errors.Is(err, p) }) {
				continue
			}
			return dir + "/" + n, info, err
		}
	}
	return "", fsys.Info{}, nil
}

// read reads the file at p, which may be a mask or a link to another name.
func (u *unitFiles) read(name resources.UnitName, p string, info fsys.Info) (unitFile, error) {
	f := unitFile{name: name, path: p}
	if info.Type == fsys.Symlink {
		target, err := u.fs.Readlink(p)
		if err != nil {
			return f, err
		}
		if target == "/dev/null" {
			f.masked = true
			return f, nil
		}
		if f.path, err = u.fs.Resolve(p); errors.Is(err, fs.ErrNotExist) {
			return unitFile{name: name}, nil // the link is broken
		} else if err != nil {
			return f, err
		}
		if f.name, err = resolveBehind(name, path.Base(f.path)); err != nil {
			return f, err
		}
	}
	text, err := u.fs.ReadFile(f.path, maxUnitFile)
	if errors.Is(err, fs.ErrNotExist) {
		return unitFile{name: name}, nil
	}
	if err != nil {
		return f, err
	}
	if len(text) == 0 {
		f.masked = true // systemd.unit(5): an empty file masks
		return f, nil
	}
	f.in, err = parseInstall(text)
	return f, err
}

// resolveBehind resolves a unit's name, given the name of the file that it leads to.
func resolveBehind(name resources.UnitName, file string) (resources.UnitName, error) {
	target, err := resources.ParseUnitName(file)
	if err != nil {
		return name, fmt.Errorf("it leads to %q, whose name %w", file, err)
	}
	if target.Template && name.Instance != "" {
		target.Template, target.Instance = false, name.Instance
	}
	return target, nil
}

// listWanting lists the links to the unit in all NAME.wants and the like, whatever made them.
func (u *unitFiles) listWanting(f unitFile) ([]string, error) {
	folders, err := u.listWantingFolders()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range folders {
		l := etcUnits + "/" + n + "/" + f.name.String()
		has, err := u.has(l)
		if err != nil {
			return nil, err
		}
		if has {
			out = append(out, l)
		}
	}
	return out, nil
}
