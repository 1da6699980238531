package packages

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/resources"
)

// AgedIndex is an [Index] that knows when it was fetched.
type AgedIndex interface {
	// FetchTime returns when the index was fetched, of several repositories the earliest moment; zero: there is
	// nothing to fetch.
	FetchTime(ctx context.Context) (time.Time, error)
}

// newest keeps which version the manager prefers of each declared package.
type newest struct {
	mu      sync.Mutex
	of      map[string]string // "": nothing offers it
	lacking error             // why a due index is missing, or incomplete
}

func (n *newest) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of, n.lacking = nil, nil
}

// isNewest reports whether the manager offers nothing newer than the installed
// package; with back, nothing that it prefers either, such as an older version in a
// repository of more priority.
func (s *sources) isNewest(ctx context.Context, have Package, back bool) (bool, error) {
	v, err := s.findNewest(ctx, have.Name)
	if err != nil {
		return false, err
	}
	c := s.Compare(v, have.Version)
	return v == "" || c == 0 || c < 0 && !back, nil
}

// findNewest returns the version of a package that the manager prefers, "" if nothing offers the package. In that case
// it is an error if a due index could not be fetched: the missing index may be that of its repository.
func (s *sources) findNewest(ctx context.Context, name string) (string, error) {
	s.newest.mu.Lock()
	defer s.newest.mu.Unlock()
	v, known := s.newest.of[name]
	if !known {
		of, lacking, err := s.askNewest(ctx, append(s.latestNames(), name))
		if err != nil {
			return "", err
		}
		s.newest.of, s.newest.lacking, v = of, lacking, of[name]
	}
	if v == "" && s.newest.lacking != nil {
		return "", fmt.Errorf("cannot tell which version of %s is the latest: %w", name, s.newest.lacking)
	}
	return v, nil
}

// askNewest returns the version of each name that the manager prefers, from a fresh index. lacking is why the index is
// not fresh, if it is not.
func (s *sources) askNewest(ctx context.Context, names []string) (of map[string]string, lacking, err error) {
	lacking, err = s.refreshPrivately(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	offers, err := s.Index.ListOffers(ctx, names)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot ask %s what is offered: %w", s.Name, errors.Join(err, lacking))
	}
	of = make(map[string]string, len(names))
	for _, name := range names {
		of[name] = ""
		for _, o := range offers[name] {
			if !o.Virtual {
				of[name] = o.Version
				break
			}
		}
	}
	return of, lacking, nil
}

// refreshPrivately fetches a stale index for a plan. Without a network the present
// index is better than none: lacking is why it could not be fetched then.
func (s *sources) refreshPrivately(ctx context.Context, latest bool) (lacking, err error) {
	why, err := s.Index.WhyStale(ctx, latest)
	if err != nil || why == "" {
		return nil, err
	}
	if lacking, err = s.fetchPrivately(ctx, why); err != nil || lacking != nil {
		return lacking, err
	}
	// A manager may count an index as fetched although a repository's is missing.
	if why, err = s.Index.WhyStale(ctx, latest); err == nil && why != "" {
		lacking = errors.New(why)
	}
	return lacking, err
}

func (s *sources) fetchPrivately(ctx context.Context, why string) (lacking, err error) {
	s.progress("fetching the package index into a private folder: " + why)
	s.privately.Store(true)
	lacking = s.Index.Refresh(ctx, true)
	if lacking == nil {
		return nil, nil
	}
	if err := s.refuseOldIndex(ctx, lacking); err != nil {
		return nil, err
	}
	s.notice(fmt.Sprintf("%v; going by the package index that is there", lacking))
	return lacking, nil
}

// refuseOldIndex is an error if an index could not be fetched for a reason that forbids using the earlier one: a
// repository is not signed by the key that is declared for it, which an older index would hide, or another program has
// the lock.
func (s *sources) refuseOldIndex(ctx context.Context, why error) error {
	var locked *tool.LockedError
	if errors.As(why, &locked) {
		return locked
	}
	if err := s.checkSigned(ctx); err != nil {
		return fmt.Errorf("cannot fetch the package index: %w", err)
	}
	return nil
}

// refuseUnfetched marks the items that are wanted in their latest version and that the
// present index knows nothing newer of, although the plan did: lacking is why the index
// could not be fetched.
func (j *job) refuseUnfetched(lacking error) {
	for _, it := range j.items {
		if it.err == nil && it.word == nil && resources.IsPackageUnmade(it.change, it.f.have.Version) {
			it.err = fmt.Errorf("the package index that is there does not have its latest version: %w", lacking)
		}
	}
}

// asOf is the age of the index by which a package is the latest; "" if that is not known.
func (s *sources) asOf(ctx context.Context) string {
	x, ok := s.Index.(AgedIndex)
	if !ok {
		return ""
	}
	at, err := x.FetchTime(ctx)
	if err != nil || at.IsZero() {
		return ""
	}
	return "by the package index that was fetched " + tool.FormatSince(at)
}
