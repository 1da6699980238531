package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/resource"
)

// findOrphans returns the things that converge made for this site and its manifest no
// longer declares, and those older than sites. A run of a part of the site has
// none, nor has one without a journal.
func (s *session) findOrphans() []engine.Orphan {
	if s.chosen != nil || s.id.Name == journal.NoSite {
		return nil
	}
	entries := s.state.Undeclared(s.id, s.site.Identity.Declares)
	out := make([]engine.Orphan, len(entries))
	for i, e := range entries {
		o := engine.Orphan{Key: e.Key, Addr: e.Addr, ID: e.ID(), Digest: e.Digest, Secret: e.IsSecret(), Kind: s.site.Kind(e.Addr.Kind)}
		o.Unknown = len(e.Holds) == 0
		for _, h := range e.Holds {
			if h.Site != s.id.Name && !slices.Contains(s.id.Former, h.Site) {
				o.Others = append(o.Others, describeSite(h.Site))
				continue
			}
			for _, d := range h.Deps {
				o.Deps = append(o.Deps, s.site.Identity.Key(d))
			}
			for _, n := range h.Notifies {
				o.Notifies = append(o.Notifies, s.orphanNotify(n))
			}
		}
		out[i] = o
	}
	return out
}

// orphanNotify is a notification that the ledger kept.
func (s *session) orphanNotify(n journal.LedgerNotify) engine.OrphanNotify {
	out := engine.OrphanNotify{Target: n.Target, Key: s.site.Identity.Key(n.Key), Verb: n.Verb, When: n.When}
	k := s.site.Kind(n.Target.Kind)
	if k == nil || n.Want == nil {
		return out
	}
	want, secret, err := s.state.Value(n.Want, k)
	if err != nil || want.IsNull() {
		return out
	}
	if k.Label != "" { // what it was to be is nobody's business any more, but for how it is notified
		want = keepOptions(k, want)
	}
	out.Resource = &resource.Resource{Addr: n.Target, Kind: k, Want: want, Secret: secret, Key: n.Key}
	s.told = append(s.told, out.Resource)
	return out
}

// keepOptions is a wanted value with its label and its options alone.
func keepOptions(k *resource.Kind, want cty.Value) cty.Value {
	m := map[string]cty.Value{}
	for name, v := range want.AsValueMap() {
		if a, ok := k.Attr(name); ok && (a.Option || name == k.Label) {
			m[name] = v
		}
	}
	return cty.ObjectVal(m)
}

// describeSite is a site as people know it.
func describeSite(site string) string {
	if site == journal.NoSite {
		return "a manifest from standard input"
	}
	path, _, _ := strings.Cut(resource.DecodeBytes(site), "@")
	if _, err := os.Stat(path); strings.HasPrefix(path, "/") && errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("site %s, whose manifest is not there any more: if it has moved here, settings { formerly = [%q] } says so", site, path)
	}
	return "site " + site
}

// findTargets finds resources by address, and the targets of orphans that nothing
// declares any more.
func (s *session) findTargets() func(resource.Addr) *resource.Resource {
	declared := s.site.Find()
	return func(a resource.Addr) *resource.Resource {
		if r := declared(a); r != nil {
			return r
		}
		for _, r := range s.told {
			if r.Addr == a {
				return r
			}
		}
		return nil
	}
}
