package apt

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// candidates keeps what apt would install of each package, for as long as
// neither the packages nor the lists change.
type candidates struct {
	mu    sync.Mutex
	stamp string
	of    map[string]offer
}

// isNewest reports whether apt has nothing newer than what is installed.
func (p *Provider) isNewest(ctx context.Context, name string, have pkg) (bool, error) {
	p.candidates.mu.Lock()
	defer p.candidates.mu.Unlock()
	db, err := p.database()
	if err != nil {
		return false, err
	}
	stamp, err := p.candidateStamp()
	if err != nil {
		return false, err
	}
	if p.candidates.of == nil || p.candidates.stamp != stamp {
		of, err := p.allCandidates(ctx, db)
		if err != nil {
			return false, err
		}
		p.candidates.of, p.candidates.stamp = of, stamp
	}
	o, ok := p.candidates.of[db.key(have)]
	if !ok {
		o = p.candidates.of[name]
	}
	return o.candidate == "" || compareVersions(o.candidate, have.version) <= 0, nil
}

func (p *Provider) candidateStamp() (string, error) {
	stamp, err := p.databaseStamp()
	return stamp + p.newestTime(listsDir, listsDir+"/partial", sourcesFile, sourcesDir).String(), err
}

// allCandidates asks for every installed package at once: opening its cache
// is what costs apt time, not one more name.
func (p *Provider) allCandidates(ctx context.Context, db *database) (map[string]offer, error) {
	why, err := p.stale(true)
	if err != nil {
		return nil, err
	}
	l := p.current()
	if why != "" {
		p.say("fetching the package lists into a private folder: %s", why)
		private, remove, err := p.fetchPrivately(ctx)
		if err != nil {
			// Without a network the lists that are there still say something,
			// and an update that then fails is said when it matters.
			p.say("%v; going by the package lists that are there", err)
		} else {
			defer remove()
			l = private
		}
	}
	var names []string
	for _, k := range slices.Sorted(maps.Keys(db.pkgs)) {
		if !db.pkgs[k].gone() {
			names = append(names, k)
		}
	}
	return p.offers(ctx, l, names)
}
