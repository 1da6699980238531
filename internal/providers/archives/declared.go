package archives

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"converge/internal/resource"
)

// Site is the declarations of sites, by paths without links on the way.
type Site struct {
	Paths    []string // of things of any kind, to be there or not
	Contents []string // of entries that should exist, with their contents
	Access   []string // of files that should exist, of which only the owner and the mode are declared
	Parts    []string // of files that contain something of this site, or that it needs
	Foreign  []string // of files that contain something of another site
	Own      []string // converge's own folder, and the links on the way to it
}

// claim is what another resource decides of an entry below a tree.
type claim int

const (
	claimsNothing claim = iota
	claimsAccess        // owner, group and mode
	claimsAll
)

// declared are the paths that sites declare. Each method answers one question about a path.
type declared struct {
	mu      sync.RWMutex
	claims  map[string]claim
	present map[string]bool // stays when a tree is removed
	carried []string        // with their content
	access  []string
	parts   []string
	foreign []string
	own     []string
}

func (d *declared) declare(s Site) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claims, d.present = map[string]claim{}, map[string]bool{}
	d.carried, d.access, d.parts, d.foreign = decodeAll(s.Contents), decodeAll(s.Access), decodeAll(s.Parts), decodeAll(s.Foreign)
	d.own = decodeAll(s.Own)
	for _, p := range decodeAll(s.Paths) {
		d.claims[p] = claimsAll
	}
	for _, p := range d.access {
		d.claims[p] = claimsAccess
	}
	for _, list := range [][]string{d.carried, d.parts, d.foreign} {
		for _, p := range list {
			d.claims[p] = claimsAll
		}
	}
	for _, list := range [][]string{d.carried, d.access, d.parts, d.foreign} {
		for _, p := range list {
			d.present[p] = true
		}
	}
}

func decodeAll(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = resource.DecodeBytes(p)
	}
	return out
}

// claimOn returns what another resource decides of a path, so that it is not compared with an archive.
func (d *declared) claimOn(p string) claim {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.claims[p]
}

// isWanted reports whether something at a path, or in the file there, is declared to exist, so that it stays when the
// tree around it is removed.
func (d *declared) isWanted(p string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.present[p]
}

// carriedBelow returns the paths below a tree that are copied to a new one, relative to it and sorted: those with a
// declared content, and files that are not in the archive but have declared parts, or a declared owner and mode.
func (d *declared) carriedBelow(tree string, in *list) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	rels := below(tree, d.carried)
	for _, rel := range below(tree, slices.Concat(d.parts, d.foreign, d.access)) {
		if _, known := in.find(rel); !known {
			rels = append(rels, rel)
		}
	}
	slices.Sort(rels) // folders before their contents
	return slices.Compact(rels)
}

// accessBelow returns the files below a tree that keep their owner and mode in a new one.
func (d *declared) accessBelow(tree string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return below(tree, d.access)
}

// foreignBelow returns the files below a tree that contain something of another site.
func (d *declared) foreignBelow(tree string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return below(tree, d.foreign)
}

// below returns the paths that are below a tree, relative to it.
func below(tree string, paths []string) (rels []string) {
	for _, p := range paths {
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
		if isInside(own, tree) || isInside(tree, own) {
			return errors.New("cannot replace " + quote(tree) + ": converge keeps its state in " + quote(own))
		}
	}
	return nil
}

// isInside reports whether a path is that of a tree, or below it.
func isInside(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }

// claimsIn returns the function claimOn for paths in a tree.
func (b *base) claimsIn(at string) func(rel string) claim {
	return func(rel string) claim { return b.declared.claimOn(path.Join(at, rel)) }
}

// noClaims is claimsIn for a tree in which no declaration counts.
func noClaims(string) claim { return claimsNothing }
