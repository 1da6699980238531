package engine

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// keepNeeded keeps orphans that a declared resource needs, or on which an orphan that stays depended.
func (r *orphanReviewer) keepNeeded(ctx context.Context) {
	index := r.removableKeys(ctx)
	if len(index) == 0 {
		return
	}
	there := func(visit func(res *resource.Resource, l resource.Links)) {
		for _, res := range r.Resources {
			if !res.WantsAbsent() {
				visit(res, res.Links())
			}
		}
	}
	there(func(_ *resource.Resource, l resource.Links) { // an orphan is not needed for what something else provides
		for _, keys := range [...][]string{l.Provides, l.Shares, l.Before} {
			for _, key := range keys {
				delete(index, key)
			}
		}
	})
	there(func(res *resource.Resource, l resource.Links) {
		for _, need := range l.Needs {
			if k, ok := index[need.Key]; ok && !l.Retires && r.orphans[k].removable() {
				r.orphans[k].note = fmt.Sprintf("no longer declared; stays, for %s needs it (%s)", res.Addr, need.Reason)
			}
		}
	})
	r.keepFolders(index)
	r.keepDeps(index)
}

// keepFolders keeps the parent folders of declared paths, under all their names.
func (r *orphanReviewer) keepFolders(index map[string]int) {
	for _, res := range r.Resources[:r.declared] {
		p, ok := strings.CutPrefix(res.Key, assembly.PathKey)
		if !ok || res.WantsAbsent() || res.Off {
			continue
		}
		assembly.EachFolder(p, func(dir string) {
			if k, ok := index[assembly.PathKey+dir]; ok && r.orphans[k].removable() {
				r.orphans[k].note = fmt.Sprintf("no longer declared; stays, for %s lies in it", res.Addr)
			}
		})
	}
}

// removableKeys returns the keys of the orphans to be removed, and of the things that end with them.
func (r *orphanReviewer) removableKeys(ctx context.Context) map[string]int {
	index := map[string]int{}
	var without []string
	for k := range r.orphans {
		if s := &r.orphans[k]; s.removable() {
			if _, purged := r.purged[s.Key]; !purged { // a purge removes it even if something needs it
				index[s.Key] = k
			}
			without = append(without, spelledPath(s.res))
		}
	}
	for _, t := range r.Machine.Retirers {
		for k := range r.orphans {
			s := &r.orphans[k]
			if _, purged := r.purged[s.Key]; purged || !s.removable() {
				continue
			}
			for _, key := range r.endingKeys(ctx, s.res) {
				wants, err := t.Retiring(ctx, resource.Ending{Keys: []string{key}, Without: without})
				if err == nil && len(wants) > 0 {
					index[key] = k
				}
			}
		}
	}
	return index
}

// keepDeps keeps the dependencies of orphans that stay for a reason of their own. An orphan that is let go does not
// count: the site that still declares it declares its needs as well, and the next run of this site does not know of
// it.
func (r *orphanReviewer) keepDeps(index map[string]int) {
	for again := true; again; {
		again = false
		for i := range r.orphans {
			s := &r.orphans[i]
			if s.removable() || s.release || s.letGo {
				continue
			}
			for _, d := range s.Deps {
				if k, ok := index[d]; ok && r.orphans[k].removable() {
					r.orphans[k].note = "no longer declared; stays, for " + s.Key + " stays, which depends on it"
					again = true
				}
			}
		}
	}
}
