package apt

import (
	"context"
	"fmt"
	"sync"
	"time"

	"converge/internal/version"
	"converge/resources"
)

// candidates caches apt's candidate of each package, as long as the lists, the
// sources and the pins do not change. Installed packages matter only in this: a
// package that was not installed then is not in it.
type candidates struct {
	mu      sync.Mutex
	stamp   string
	of      map[string]offer
	lacking error // as of the lists that were asked
}

// isNewest reports whether apt offers nothing newer than the installed version;
// with back, nothing that it prefers either, such as an older version that a pin
// asks for.
func (s *sources) isNewest(ctx context.Context, name string, have pkg, back bool) (bool, error) {
	o, err := s.findNewest(ctx, name, have)
	if err != nil {
		return false, err
	}
	c := version.Compare(o.candidate, have.version)
	return o.candidate == "" || c == 0 || c < 0 && !back, nil
}

// findNewest returns the sources' offer of an installed package. If they have none, and some outdated lists could not
// be fetched, it is an error: the missing lists may be those of its source.
func (s *sources) findNewest(ctx context.Context, name string, have pkg) (o offer, err error) {
	s.candidates.mu.Lock()
	defer s.candidates.mu.Unlock()
	db, err := s.currentDatabase()
	if err != nil {
		return o, err
	}
	key := db.keyOf(have)
	stamp := s.candidateStamp()
	if _, known := s.candidates.of[key]; !known || s.candidates.stamp != stamp {
		of, lacking, err := s.allCandidates(ctx, db)
		if err != nil {
			return o, err
		}
		s.candidates.of, s.candidates.lacking, s.candidates.stamp = of, lacking, stamp
	}
	o, known := s.candidates.of[key]
	switch lacking := s.candidates.lacking; {
	case !known:
		return o, fmt.Errorf("cannot tell which version of %s is the latest: apt does not know it", name)
	case !o.listed && lacking != nil:
		return o, fmt.Errorf("cannot tell which version of %s is the latest: %w", name, lacking)
	}
	return o, nil
}

// refuseUnfetched marks the items that are wanted in their latest version and that apt
// would leave as they are, although the plan knew a newer one, because lists could not be
// fetched.
func (j *job) refuseUnfetched() {
	if j.lists.lacking == nil {
		return
	}
	for _, it := range j.items {
		if it.err == nil && j.operationOn(it.name) == nil && resources.IsPackageUnmade(it.change, it.have.version) {
			it.err = fmt.Errorf("the package lists that are there do not have its latest version: %w", j.lists.lacking)
		}
	}
}

// phasedShare is the phasing of a version, if apt was asked about the package already; "" if everyone gets it.
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

// allCandidates asks for every installed package at once: opening its cache takes apt's time, not one more name.
// lacking is why some lists are missing.
func (s *sources) allCandidates(ctx context.Context, db *database) (of map[string]offer, lacking, err error) {
	l, done, err := s.freshLists(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	var names []string
	for name, p := range db.eachPackage {
		if !p.isGone() {
			names = append(names, name)
		}
	}
	of, err = s.askOffers(ctx, l, names)
	return of, l.lacking, err
}

// freshLists returns current package lists: the machine's or, if those are stale, a private copy until done is called.
// With latest, lists of a day ago are stale, too.
func (s *sources) freshLists(ctx context.Context, latest bool) (l lists, done func(), err error) {
	l, done = s.currentLists(), func() {}
	why, err := s.whyStale(latest)
	if err != nil || why == "" {
		l.lacking = s.trouble.whyLacking()
		return l, done, err
	}
	s.ReportProgress("fetching the package lists into a private folder: %s", why)
	private, remove, err := s.fetchPrivately(ctx, nil, true)
	if err != nil {
		l.lacking = err
		return l, done, s.orOldLists(err, "; going by the package lists that are there")
	}
	return private, remove, nil
}
