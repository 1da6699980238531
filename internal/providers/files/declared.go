package files

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// Site is what a site declares, as far as directories must know it that purge,
// recurse or go. Paths are without links on the way.
type Site struct {
	Paths   []string                // of resources of any kind, to be there or not
	Present []string                // of those that are to be there
	Homes   []string                // of declared users: purge leaves them and all that is in them
	Real    func(dir string) string // where a directory lies that may be reached through links
	Own     []string                // converge's own folder, which is left alone with all that is in it, and the links on the way to it
}

// siteMap is a Site to look things up in.
type siteMap struct {
	declared map[string]bool // paths
	above    map[string]bool // paths, and the directories above them
	there    map[string]bool // paths that are to be there
	homes    map[string]bool
	real     func(dir string) string
	own      []string
}

// Declare records the paths that the site declares: purge keeps them and removes
// the rest, recurse skips them with their content, and a directory that is to be
// absent must not contain one. Call it before the first Observe.
func (p *Provider) Declare(s Site) {
	m := &siteMap{
		declared: make(map[string]bool, len(s.Paths)), above: make(map[string]bool, len(s.Paths)),
		there: map[string]bool{}, homes: map[string]bool{}, real: s.Real, own: s.Own,
	}
	for _, home := range s.Homes {
		home = resource.DecodeBytes(home)
		m.homes[home] = true
		m.addAbove(home)
	}
	for _, path := range slices.Concat(s.Paths, s.Own) {
		path = resource.DecodeBytes(path)
		m.declared[path] = true
		m.addAbove(path)
	}
	for _, path := range slices.Concat(s.Present, s.Own) {
		m.there[resource.DecodeBytes(path)] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.site = m
}

func (m *siteMap) addAbove(path string) {
	for ; path != "/" && path != "" && !m.above[path]; path = parent(path) {
		m.above[path] = true
	}
}

// siteBelow holds the declared paths below a directory, under all spellings.
type siteBelow struct {
	*siteMap
	dir, real string // without the slash at the end
}

// declaredBelow returns the declared paths below dir. It fails if Declare was
// not called, because then everything would be purged.
func (p *Provider) declaredBelow(dir string) (siteBelow, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.site == nil {
		return siteBelow{}, errors.New("internal error: nobody said what is declared")
	}
	real := dir
	if p.site.real != nil {
		real = resource.DecodeBytes(p.site.real(resource.EncodeBytes(dir)))
	}
	return siteBelow{p.site, strings.TrimSuffix(dir, "/"), strings.TrimSuffix(real, "/")}, nil
}

func (s siteBelow) at(path string) string {
	if s.dir == s.real {
		return path
	}
	return s.real + strings.TrimPrefix(path, s.dir)
}

// keeps reports whether path is declared or is a parent of a declared path.
func (s siteBelow) keeps(path string) bool { return s.above[s.at(path)] }

// declares reports whether a resource declares path.
func (s siteBelow) declares(path string) bool { return s.declared[s.at(path)] }

// isOwn reports whether path is converge's own folder, is in it, or is a parent
// of it.
func (s siteBelow) isOwn(path string) bool {
	at := s.at(path)
	return slices.ContainsFunc(s.own, func(own string) bool { return at == own || strings.HasPrefix(at, own+"/") })
}

// holdsOwn refuses to remove a directory that is, contains or is in converge's
// own folder, or contains a link on the way to it.
func (p *Provider) holdsOwn(whole string) error {
	s, err := p.declaredBelow(whole)
	if err != nil {
		return nil // nobody said what is declared
	}
	dir := strings.TrimSuffix(s.at(whole), "/") + "/"
	for _, own := range s.own {
		if strings.HasPrefix(own+"/", dir) || strings.HasPrefix(dir, own+"/") {
			return fmt.Errorf("cannot remove %q: converge keeps its own state in %q", whole, own)
		}
	}
	return nil
}

// stays are the names in a directory that the site does not remove, as far as
// it knows of that directory.
func (p *Provider) stays(dir string) (stay []string, known bool) {
	s, err := p.declaredBelow(dir)
	if err != nil || !s.declared[s.at(dir)] {
		return nil, false
	}
	names, err := p.fs.Names(dir)
	if err != nil {
		return nil, false
	}
	for _, name := range names {
		path := s.at(strings.TrimSuffix(dir, "/") + "/" + name)
		below, isDir := p.stays(path)
		if !s.declared[path] || s.there[path] || isDir && len(below) > 0 {
			stay = append(stay, name)
		}
	}
	return stay, true
}

// kept returns the entries because of which a directory stays that is to be
// removed only when empty; nil if it is removed, or if that is not known yet.
func (p *Provider) kept(want *resources.Entry) []string {
	if !want.IsAbsent() || !want.IfEmpty.Value {
		return nil
	}
	stay, _ := p.stays(want.Path.Bytes())
	return stay
}

// ownerOf explains why a thing is left as it is: an edited file stays where the
// manifest asks for that, and a rollback keeps a directory that it would remove if
// other entries have appeared in it.
func (p *Provider) ownerOf(want *resources.Entry) string {
	if parked := p.parkedFor(want); parked != "" {
		return "left as it is: edited by hand; ours is " + parked
	}
	stay := p.kept(want)
	if len(stay) == 0 {
		return ""
	}
	return fmt.Sprintf("kept, for it is not empty: it holds %q", stay[0])
}
