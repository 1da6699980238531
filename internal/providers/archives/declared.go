package archives

import (
	"errors"
	"path"
	"strings"
	"sync"

	"converge/internal/resource"
)

// Site is what sites declare, by paths without links on the way.
type Site struct {
	Paths   []string // of things of any kind, to be there or not
	Present []string // of those that are to be there
	Parts   []string // of files of which a part is declared, or that declared things need
	Own     []string // converge's own folder, and the links on the way to it
}

// declared are the paths that sites declare.
type declared struct {
	mu   sync.RWMutex
	skip map[string]bool // not compared with an archive
	stay []string        // taken along to a new tree
	own  []string
}

func (d *declared) declare(s Site) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skip, d.stay, d.own = map[string]bool{}, nil, nil
	for _, list := range [][]string{s.Paths, s.Present, s.Parts} {
		for _, p := range list {
			d.skip[resource.DecodeBytes(p)] = true
		}
	}
	for _, p := range s.Present {
		d.stay = append(d.stay, resource.DecodeBytes(p))
	}
	for _, p := range s.Own {
		d.own = append(d.own, resource.DecodeBytes(p))
	}
}

// isDeclared reports whether a resource of its own decides about a path.
func (d *declared) isDeclared(p string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.skip[p]
}

// below returns the paths below a tree that are taken along, relative to it, in no order.
func (d *declared) below(tree string) (rels []string) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, p := range d.stay {
		if rel, ok := strings.CutPrefix(p, tree+"/"); ok {
			rels = append(rels, rel)
		}
	}
	return rels
}

// refuseOwn refuses a tree that holds the state folder or is in it.
func (d *declared) refuseOwn(tree string) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, own := range d.own {
		if own == tree || strings.HasPrefix(own, tree+"/") || strings.HasPrefix(tree, own+"/") {
			return errors.New("cannot replace " + quote(tree) + ": converge keeps its state in " + quote(own))
		}
	}
	return nil
}

// isInside reports whether a path is that of a tree, or below it.
func isInside(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }

// join returns a path in a tree.
func join(tree, rel string) string { return path.Join(tree, rel) }
