package files

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Site is a site's declarations for directories that purge, recurse or are removed. Its paths contain no links.
type Site struct {
	Paths   []string                // of resources of any kind, to be there or not
	Present []string                // of entries that should exist
	Others  []string                // entries and files that other sites declare
	Kept    []string                // undeclared entries that declared things need: purge leaves them
	Links   []string                // of declared links: purge leaves a folder there, with all its contents, to the link
	Homes   []string                // folders that belong to declared things, of users: purge leaves them and all that is in them
	Real    func(dir string) string // the physical place of a directory
	Own     []string                // converge's own folder, which is left alone with all that is in it, and the links on the way to it
}

// siteMap is a Site with indexes.
type siteMap struct {
	declared map[string]bool // paths
	above    map[string]bool // paths, and the directories above them
	there    map[string]bool // paths of entries that should exist
	homes    map[string]bool
	links    map[string]bool
	others   []string
	real     func(dir string) string
	own      []string
}

// declarations are the site's declarations, once they are known.
type declarations struct {
	fs *fsys.FS

	mu  sync.RWMutex
	all *siteMap // nil: declare was not called
}

// declare is [Provider.Declare].
func (d *declarations) declare(s Site) {
	m := &siteMap{
		declared: make(map[string]bool, len(s.Paths)), above: make(map[string]bool, len(s.Paths)),
		there: map[string]bool{}, homes: map[string]bool{}, links: map[string]bool{}, real: s.Real, own: s.Own,
	}
	for _, link := range s.Links {
		m.links[resource.DecodeBytes(link)] = true
	}
	for _, home := range s.Homes {
		home = resource.DecodeBytes(home)
		m.homes[home] = true
		m.addAbove(home)
	}
	for _, path := range s.Kept {
		m.addAbove(resource.DecodeBytes(path))
	}
	for _, path := range slices.Concat(s.Paths, s.Own) {
		path = resource.DecodeBytes(path)
		m.declared[path] = true
		m.addAbove(path)
	}
	for _, path := range s.Others {
		m.others = append(m.others, resource.DecodeBytes(path))
	}
	for _, path := range slices.Concat(s.Present, s.Own) {
		m.there[resource.DecodeBytes(path)] = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = m
}

func (m *siteMap) addAbove(path string) {
	for ; path != "/" && path != "" && !m.above[path]; path = parentOf(path) {
		m.above[path] = true
	}
}

// below returns the declared paths below dir. It fails if declare was not called,
// because then everything would be purged.
func (d *declarations) below(dir string) (siteBelow, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.all == nil {
		return siteBelow{}, errors.New("internal error: the declared paths were not given")
	}
	real := dir
	if d.all.real != nil {
		real = resource.DecodeBytes(d.all.real(resource.EncodeBytes(dir)))
	}
	return siteBelow{d.all, strings.TrimSuffix(dir, "/"), strings.TrimSuffix(real, "/")}, nil
}

// refuseOwn refuses to remove a directory that is, contains or is in converge's
// own folder, or contains a link on the way to it.
func (d *declarations) refuseOwn(whole string) error {
	s, err := d.below(whole)
	if err != nil {
		return nil // declare was not called
	}
	dir := strings.TrimSuffix(s.resolve(whole), "/") + "/"
	for _, own := range s.own {
		if strings.HasPrefix(own+"/", dir) || strings.HasPrefix(dir, own+"/") {
			return fmt.Errorf("cannot remove %q: converge keeps its own state in %q", whole, own)
		}
	}
	return nil
}

// refuseOthers refuses to remove a directory with all its contents if another site declares something in it.
func (d *declarations) refuseOthers(r *request) error {
	s, err := d.below(r.path)
	if err != nil || !r.Purge.Value {
		return nil
	}
	dir := strings.TrimSuffix(s.resolve(r.path), "/") + "/"
	for _, path := range s.others {
		if strings.HasPrefix(path, dir) {
			return fmt.Errorf("cannot remove %q: another site declares what is at %q; remove one of them, or let go of what its site no longer declares with converge forget", r.path, path)
		}
	}
	return nil
}

// listStaying returns the names in a directory that the site does not remove, as
// far as it knows of that directory.
func (d *declarations) listStaying(dir string) (stay []string, known bool) {
	s, err := d.below(dir)
	if err != nil || !s.declared[s.resolve(dir)] {
		return nil, false
	}
	names, err := d.fs.Names(dir)
	if err != nil {
		return nil, false
	}
	for _, name := range names {
		path := s.resolve(strings.TrimSuffix(dir, "/") + "/" + name)
		below, isDir := d.listStaying(path)
		if !s.declared[path] || s.there[path] || isDir && len(below) > 0 {
			stay = append(stay, name)
		}
	}
	return stay, true
}

// listKept returns the entries that keep a directory that is removed only when empty; nil if it is removed, or if that
// is not known yet.
func (d *declarations) listKept(r *request) []string {
	if !r.IsAbsent() || !r.IfEmpty.Value {
		return nil
	}
	stay, _ := d.listStaying(r.path)
	return stay
}

// siteBelow holds the declared paths below a directory, under all spellings.
type siteBelow struct {
	*siteMap
	dir, real string // without the slash at the end
}

// resolve returns path without links on the way to the directory.
func (s siteBelow) resolve(path string) string {
	if s.dir == s.real {
		return path
	}
	return s.real + strings.TrimPrefix(path, s.dir)
}

// isKept reports whether path is declared or is a parent of a declared path.
func (s siteBelow) isKept(path string) bool { return s.above[s.resolve(path)] }

// isDeclared reports whether a resource declares path.
func (s siteBelow) isDeclared(path string) bool { return s.declared[s.resolve(path)] }

// isLink reports whether there is to be a link at path.
func (s siteBelow) isLink(path string) bool { return s.links[s.resolve(path)] }

// isHome reports whether path is the home of a declared user.
func (s siteBelow) isHome(path string) bool { return s.homes[s.resolve(path)] }

// isPurged reports whether purge removes a path: it is not declared, is not a parent of a declared path, and is not in
// the home of a declared user.
func (s siteBelow) isPurged(path string) bool {
	if s.isKept(path) {
		return false
	}
	for at := path; len(at) > len(s.dir) && at != "/"; at = parentOf(at) {
		if s.isHome(at) {
			return false
		}
	}
	return true
}

// isOwn reports whether path is converge's own folder, is in it, or is a parent of it.
func (s siteBelow) isOwn(path string) bool {
	at := s.resolve(path)
	return slices.ContainsFunc(s.own, func(own string) bool { return at == own || strings.HasPrefix(at, own+"/") })
}
