package apt

import (
	"context"
	"fmt"
	"sync"
	"time"

	"converge/internal/version"
)

// candidates caches apt's candidate of each package, as long as the lists, the
// sources and the pins do not change. Installed packages matter only in this: a
// package that was not installed then is not in it.
type candidates struct {
	mu    sync.Mutex
	stamp string
	of    map[string]offer
}

// isNewest reports whether apt offers nothing newer than the installed version;
// with back, nothing that it prefers either, such as an older version that a pin
// asks for.
func (s *sources) isNewest(ctx context.Context, name string, have pkg, back bool) (bool, error) {
	s.candidates.mu.Lock()
	defer s.candidates.mu.Unlock()
	db, err := s.currentDatabase()
	if err != nil {
		return false, err
	}
	key := db.keyOf(have)
	stamp := s.candidateStamp()
	if _, known := s.candidates.of[key]; !known || s.candidates.stamp != stamp {
		of, err := s.allCandidates(ctx, db)
		if err != nil {
			return false, err
		}
		s.candidates.of, s.candidates.stamp = of, stamp
	}
	o, known := s.candidates.of[key]
	if !known {
		return false, fmt.Errorf("cannot tell which version of %s is the latest: apt does not know it", name)
	}
	c := version.Compare(o.candidate, have.version)
	return o.candidate == "" || c == 0 || c < 0 && !back, nil
}

// phasedShare is how far a version is phased in, as far as apt was asked about the
// package already; "" if it is for everyone.
func (s *sources) phasedShare(name, version string) string {
	s.candidates.mu.Lock()
	defer s.candidates.mu.Unlock()
	return s.candidates.of[name].phased[version]
}

// stampCache keeps the stamp as long as one check of the disk is valid.
type stampCache struct {
	mu     sync.Mutex
	looked time.Time
	stamp  string
}

func (s *sources) candidateStamp() string {
	c := &s.stamps
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stamp != "" && time.Since(c.looked) < lookAgain {
		return c.stamp
	}
	sources, _, err := s.sourcesTime()
	c.looked = time.Now()
	c.stamp = fmt.Sprint(sources, err, s.newestTime(listsDir, listsDir+"/partial", "/etc/apt/preferences", "/etc/apt/preferences.d"))
	return c.stamp
}

// allCandidates asks for every installed package at once: opening its cache
// is what costs apt time, not one more name.
func (s *sources) allCandidates(ctx context.Context, db *database) (map[string]offer, error) {
	l, done, err := s.freshLists(ctx, true)
	if err != nil {
		return nil, err
	}
	defer done()
	var names []string
	for name, p := range db.eachPackage {
		if !p.isGone() {
			names = append(names, name)
		}
	}
	return s.askOffers(ctx, l, names)
}

// freshLists returns current package lists: the machine's, or where those are
// stale a private copy, until done is called. latest: lists of a day ago are
// stale too.
func (s *sources) freshLists(ctx context.Context, latest bool) (l lists, done func(), err error) {
	l, done = s.currentLists(), func() {}
	why, err := s.whyStale(latest)
	if err != nil || why == "" {
		return l, done, err
	}
	s.ReportProgress("fetching the package lists into a private folder: %s", why)
	private, remove, err := s.fetchPrivately(ctx, nil, true)
	if err != nil {
		return l, done, s.orOldLists(err, "; going by the package lists that are there")
	}
	return private, remove, nil
}
