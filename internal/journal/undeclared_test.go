package journal

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

// The counts equal those of the entries: for each kind, and for those that other sites declare, too. This holds for
// lines and for parsed entries.
func TestCountUndeclared(t *testing.T) {
	addrs := []string{`file["/a"]`, `file.site["x"]`, "setting.x", `module.web["eu"].file.x`, "module.web.service.x", `directory["/x"]`}
	rapid.Check(t, func(t *rapid.T) {
		l := &ledger{entries: map[string]ledgerValue{}}
		for i := range rapid.IntRange(0, 30).Draw(t, "entries") {
			v := ledgerValue{digest: rapid.SampledFrom([]string{"", "00ff"}).Draw(t, "digest"), addr: rapid.SampledFrom(addrs).Draw(t, "addr"), found: rapid.Bool().Draw(t, "found")}
			for _, site := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"web", "was web", "other", "/etc/x"}), rapid.ID).Draw(t, "sites") {
				links := EncodeLinks(nil, []LedgerNotify{{Target: resource.Addr{Kind: "service", Name: "x"}, Key: rapid.SampledFrom([]string{"service:x.service", "unit:x"}).Draw(t, "target"), Verb: "restart", When: resource.Delayed}})
				v.holds = withHold(v.holds, site, nil, rapid.SampledFrom([]Links{{}, links}).Draw(t, "links"))
			}
			if rapid.Bool().Draw(t, "original") {
				v.original = `{"before":{},"after":{}}`
			}
			l.entries[rapid.SampledFrom([]string{"path:/%d", "target:web service.x%d", "user:%d"}).Draw(t, "key")+fmt.Sprint(i)] = v
		}
		site := Site{Name: "web", Former: []string{"was web"}}
		declared := func(key string) bool { return key[len(key)-1] == '3' }
		lines := &ledger{}
		if err := lines.parseLedger("ledger", string(l.encodeLedger("r1"))); err != nil {
			t.Fatal(err)
		}
		for _, l := range []*ledger{l, lines} {
			s := &State{memory: memory{ledger: l}}
			want, telling := Tally{Kinds: map[string]int{}}, []LedgerEntry(nil)
			for _, e := range s.LedgerOf(site).ListUndeclared(declared) {
				want.Kinds[e.Addr.Kind]++
				if slices.ContainsFunc(e.Holds, func(h Hold) bool { return !slices.Contains(site.allNames(), h.Site) }) {
					want.Shared = append(want.Shared, e.Key)
				}
				if slices.ContainsFunc(e.Holds, func(h Hold) bool { return len(h.Notifies) > 0 && h.Notifies[0].Key == "service:x.service" }) {
					telling = append(telling, e)
				}
			}
			var keys []string
			for key := range l.each() {
				if declared(key) {
					keys = append(keys, key)
				}
			}
			if d := cmp.Diff(want, s.LedgerOf(site).CountUndeclared(declared, slices.Values(keys))); d != "" {
				t.Fatal(d)
			}
			if d := cmp.Diff(telling, s.LedgerOf(site).ListTelling(declared, "service:")); d != "" {
				t.Fatal(d)
			}
		}
	})
}
