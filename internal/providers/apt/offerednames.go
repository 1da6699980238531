package apt

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// offeredNames remembers which names packages bear that the sources offer, for
// as long as lists and sources do not change.
type offeredNames struct {
	mu    sync.Mutex
	stamp string
	known map[string]bool
}

// isOffered reports whether some source has a package with that name. It is asked for names that installed packages
// provide, for all names of the manifest in one call. The name is as [database.nameOf] returns it, and as in apt's
// answer.
func (s *sources) isOffered(ctx context.Context, name string) (bool, error) {
	s.offered.mu.Lock()
	defer s.offered.mu.Unlock()
	if stamp := s.candidateStamp(); s.offered.stamp != stamp {
		s.offered.stamp, s.offered.known = stamp, map[string]bool{}
	}
	if real, known := s.offered.known[name]; known {
		return real, nil
	}
	db, err := s.currentDatabase()
	if err != nil {
		return false, err
	}
	names := []string{name}
	for other := range s.declaredIn(db) {
		if have, _ := db.findByKey(other); other != name && have.isGone() && len(db.providersOf(other)) > 0 {
			names = append(names, other)
		}
	}
	slices.Sort(names)
	of, err := s.askOffers(ctx, s.currentLists(), names)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		s.offered.known[n] = len(of[n].versions) > 0
	}
	return s.offered.known[name], nil
}

// packageKey is the prefix of the keys of packages.
const packageKey = "package:"

// Identify finds different names of one thing (see assembly.Names): a package of the machine's own architecture is
// known without it, and a virtual name is that of the package that provides it.
func (p *Provider) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, nil //nolint:nilerr // observing each package reports that
	}
	out := map[string]string{}
	for _, key := range keys {
		name, ok := strings.CutPrefix(key, packageKey)
		if !ok || strings.Contains(name, "/") {
			continue
		}
		f, err := p.findPackage(ctx, db, name)
		if err != nil {
			return nil, err
		}
		if own := packageKey + f.key; own != key {
			out[key] = own
		}
	}
	return out, nil
}
