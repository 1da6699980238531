package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// forecast is what will be made and removed, as far as it is known.
type forecast struct {
	made map[string]bool     // folders, with those that are made on the way
	way  map[string][]string // by the folder on the way to which they are made first, outermost last
	gone map[string]bool

	homes map[string]bool // that come with new users

	owners map[string]uint32 // of folders that are made or change hands
	handed []string          // folders that change hands with all that is in them
}

// forecastOf is what will be made and removed by the changes of a plan.
func (p *Provider) forecastOf(e *resource.Expected) forecast {
	if e == nil {
		return forecast{}
	}
	return resource.Index(e, p.index)
}

func (p *Provider) index(e *resource.Expected) forecast {
	f := forecast{made: map[string]bool{}, way: map[string][]string{}, gone: map[string]bool{}, homes: map[string]bool{}, owners: map[string]uint32{}}
	for _, name := range e.Made {
		home := resource.DecodeBytes(name)
		f.made[home], f.homes[home] = true, true
	}
	for i := range e.Changes {
		typed, err := resource.TypeChange[resources.Entry](e.Changes[i])
		if err != nil {
			continue // a review of the change itself says so
		}
		c := &typed
		at := placeOf(c)
		switch {
		case c.Action == resource.Delete:
			f.gone[at] = true
		case c.Want.Type != resources.TypeDirectory:
		case c.Want.Parents.Value:
			for dir := at; dir != "/" && dir != "." && !f.made[dir]; dir = path.Dir(dir) {
				f.made[dir] = true
				if dir != at {
					f.way[at] = append(f.way[at], dir)
				}
			}
		default:
			f.made[at] = true
		}
		if c.Action == resource.Delete || c.Want.Type != resources.TypeDirectory {
			continue
		}
		if owner, set := p.wantedOwner(context.Background(), &c.Want); set {
			f.owners[at] = owner
			if c.Want.Recurse.Value {
				f.handed = append(f.handed, at+"/")
			}
		}
	}
	return f
}

// foreseeBehind refuses, given all changes that are pending, a folder that does
// not exist and that nothing makes, and the removal of one that keeps an entry.
func (p *Provider) foreseeBehind(c *fileChange, f forecast) error {
	switch name := c.Want.Path.Bytes(); {
	case c.Action == resource.Delete:
		return p.foreseeRemoval(c, f)
	case c.Action == resource.Create && c.Want.Type != resources.TypeDirectory && (f.homes[placeOf(c)] || f.homes[name]):
		return fmt.Errorf("cannot create %q: the home of a user is made there before: set create_home = false, or have the user depend on this", name)
	case c.Action == resource.Create && !c.Want.Parents.Value && !f.made[path.Dir(placeOf(c))] && !f.made[path.Dir(c.Want.Path.Bytes())]:
		return p.foreseeFolder(name)
	}
	return p.foreseeWay(placeOf(c), f)
}

// foreseeWay refuses a way to a path that owners will have made unsafe by then:
// through a directory of one user to that of another.
func (p *Provider) foreseeWay(name string, f forecast) error {
	owner := func(dir string) (uid uint32, known bool) {
		if uid, known = f.owners[dir]; known {
			return uid, true
		}
		if slices.ContainsFunc(f.handed, func(in string) bool { return strings.HasPrefix(dir, in) }) {
			return 0, false
		}
		info, err := p.held.Lstat(dir)
		return info.UID, err == nil && info.Type == fsys.Directory
	}
	for dir := path.Dir(name); dir != "/" && dir != "." && len(f.owners) > 0; dir = path.Dir(dir) {
		of, known := owner(dir)
		up, above := owner(path.Dir(dir))
		if !known || !above {
			continue
		}
		if err := p.held.MayLieIn(path.Dir(dir), up, path.Base(dir), of); err != nil {
			return fmt.Errorf("cannot change %q: %w", name, err)
		}
	}
	return nil
}

// placeOf is the path that a change is about, without links on the way.
func placeOf(c *fileChange) string {
	if p, ok := strings.CutPrefix(c.Key, "path:"); ok {
		return resource.DecodeBytes(p)
	}
	return c.Want.Path.Bytes()
}

func (p *Provider) foreseeFolder(name string) error {
	dir := path.Dir(name)
	info, err := p.held.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot create %q: there is no directory %q; declare it: directory %q {}", name, dir, dir)
	case err != nil:
		return err
	case info.Type != fsys.Directory:
		return fmt.Errorf("cannot create %q: %q is %s", name, dir, info.Type)
	}
	return nil
}
