package apt

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// candidates keeps what apt would install of each package, for as long as the
// lists, the sources and the pins do not change. What is installed has no part
// in it but this: of what was not installed then, nothing is known.
type candidates struct {
	mu    sync.Mutex
	stamp string
	of    map[string]offer
}

// isNewest reports whether apt has nothing newer than what is installed; back:
// or nothing that it would rather have, as where a pin asks for an older one.
func (p *Provider) isNewest(ctx context.Context, name string, have pkg, back bool) (bool, error) {
	p.candidates.mu.Lock()
	defer p.candidates.mu.Unlock()
	db, err := p.database()
	if err != nil {
		return false, err
	}
	key := db.key(have)
	stamp := p.candidateStamp()
	if _, known := p.candidates.of[key]; !known || p.candidates.stamp != stamp {
		of, err := p.allCandidates(ctx, db)
		if err != nil {
			return false, err
		}
		p.candidates.of, p.candidates.stamp = of, stamp
	}
	o, known := p.candidates.of[key]
	if !known {
		return false, fmt.Errorf("cannot tell which version of %s is the latest: apt does not know it", name)
	}
	c := compareVersions(o.candidate, have.version)
	return o.candidate == "" || c == 0 || c < 0 && !back, nil
}

// phasing is how far a version is phased in, as far as apt was asked about the
// package already; "" if it is for everyone.
func (p *Provider) phasing(name, version string) string {
	p.candidates.mu.Lock()
	defer p.candidates.mu.Unlock()
	return p.candidates.of[name].phased[version]
}

// stampCache keeps the stamp for as long as a look at the disk is good for.
type stampCache struct {
	mu     sync.Mutex
	looked time.Time
	stamp  string
}

func (p *Provider) candidateStamp() string {
	c := &p.stamps
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stamp != "" && time.Since(c.looked) < lookAgain {
		return c.stamp
	}
	sources, _, err := p.sourcesTime()
	c.looked = time.Now()
	c.stamp = fmt.Sprint(sources, err, p.newestTime(listsDir, listsDir+"/partial", "/etc/apt/preferences", "/etc/apt/preferences.d"))
	return c.stamp
}

// allCandidates asks for every installed package at once: opening its cache
// is what costs apt time, not one more name.
func (p *Provider) allCandidates(ctx context.Context, db *database) (map[string]offer, error) {
	l, done, err := p.believable(ctx, true)
	if err != nil {
		return nil, err
	}
	defer done()
	var names []string
	for name, p := range db.all {
		if !p.gone() {
			names = append(names, name)
		}
	}
	return p.offers(ctx, l, names)
}

// believable is package lists that say what there is: the machine's, or where
// those are stale a private copy, until done is called. latest: lists of a day
// ago are stale too.
func (p *Provider) believable(ctx context.Context, latest bool) (l lists, done func(), err error) {
	l, done = p.current(), func() {}
	why, err := p.stale(latest)
	if err != nil || why == "" {
		return l, done, err
	}
	p.say("fetching the package lists into a private folder: %s", why)
	private, remove, err := p.fetchPrivately(ctx)
	if err != nil {
		// Without a network the lists that are there still say something,
		// and an update that then fails is said when it matters.
		p.note("%v; going by the package lists that are there", err)
		return l, done, nil
	}
	return private, remove, nil
}
