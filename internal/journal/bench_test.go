package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"converge/internal/notify"
	"converge/internal/resource"
)

func BenchmarkBegin(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "state"))
			r := start(b, s, "")
			var cs []resource.Change
			var owes []notify.Debt
			for i := range n {
				name := fmt.Sprint("x", i)
				cs = append(cs, file(name))
				owes = append(owes, debt("service.x", "restart", "file."+name, r.ID))
			}
			for b.Loop() {
				if err := r.Begin(b.Context(), cs, owes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDone(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "state"))
	r := start(b, s, "")
	script(b, r, "begin x")
	c := file("x")
	for b.Loop() {
		if err := r.Done(b.Context(), c, at(1), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A whole run without changes, after n runs with changes.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{0, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "state")
			s := open(b, dir)
			script(b, start(b, s, "r0"), "begin x\ndone x 1\nfinish")
			s.Close()
			one, err := os.ReadFile(filepath.Join(dir, "runs", "r0.jsonl"))
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				if err := os.WriteFile(filepath.Join(dir, "runs", fmt.Sprintf("old%d.jsonl", i)), one, 0o600); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				s := open(b, dir)
				if err := start(b, s, "").Finish(b.Context(), 0, Counts{}); err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
		})
	}
}

// Read, check and parse the ledger, and look up every key once.
func BenchmarkLedger(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := &ledger{entries: map[string]ledgerValue{}}
			var keys []string
			for i := range n {
				key := fmt.Sprintf("path:/etc/sites/available/site-%d.conf", i)
				keys = append(keys, key)
				l.entries[key] = ledgerValue{digest: digestString(key), addr: fmt.Sprintf(`file.site["%d"]`, i), found: i%2 == 1, holds: "/srv/site"}
			}
			dir := filepath.Join(b.TempDir(), "state")
			open(b, dir).Close()
			if err := os.WriteFile(dir+"/ledger", l.encodeLedger("r1"), 0o600); err != nil {
				b.Fatal(err)
			}
			for _, part := range []string{"open", "open and ask"} {
				b.Run(part, func(b *testing.B) {
					for b.Loop() {
						s := open(b, dir)
						for i := 0; i < n && part != "open"; i++ {
							if _, ok := s.Wrote(keys[i], ""); !ok {
								b.Fatal(keys[i])
							}
						}
						s.Close()
					}
				})
			}
		})
	}
}

// The lookups of a run without changes in the ledger: the undeclared things, and whether the ledger has all things that
// the site declares.
func BenchmarkHoldNothingNew(b *testing.B) {
	const n = 10_000
	l := &ledger{entries: map[string]ledgerValue{}}
	hs := make([]Holding, n)
	declared := make(map[string]bool, n)
	for i := range n {
		hs[i] = Holding{Key: fmt.Sprintf("path:/etc/sites/available/site-%d.conf", i)}
		if i%10 == 0 {
			hs[i].Links = EncodeLinks([]string{"user:www"}, nil)
		}
		declared[hs[i].Key] = true
		l.entries[hs[i].Key] = ledgerValue{digest: digestString(hs[i].Key), addr: fmt.Sprintf(`file.site["%d"]`, i), holds: withHold("", "/srv/site", nil, hs[i].Links)}
	}
	dir := filepath.Join(b.TempDir(), "state")
	open(b, dir).Close()
	if err := os.WriteFile(dir+"/ledger", l.encodeLedger("r1"), 0o600); err != nil {
		b.Fatal(err)
	}
	site := Site{Name: "/srv/site"}
	s := open(b, dir)
	defer s.Close()
	s.memory.ledger.allEntries()
	for b.Loop() {
		if got := s.LedgerOf(site).ListUndeclared(func(key string) bool { return declared[key] }); len(got) > 0 {
			b.Fatal(got)
		}
		r := start(b, s, "")
		r.SiteID = site
		if err := r.Hold(b.Context(), hs); err != nil || r.lines.f != nil {
			b.Fatal("it has written something", err)
		}
		if err := r.Finish(b.Context(), 0, Counts{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The lookups of a run without changes in a ledger of which almost everything belongs to other sites.
func BenchmarkBesideUndeclared(b *testing.B) {
	for _, n := range []int{20_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, site := openBeside(b, n)
			dir := s.root.Name()
			s.Close()
			declared := func(key string) bool { return key == "path:/etc/motd" }
			for b.Loop() {
				s := open(b, dir)
				s.LedgerOf(site).Rename(sameNames{declared})
				if s.Secrets() != nil || s.LedgerOf(site).ListProtected(declared) != nil || len(s.Names()) > 0 {
					b.Fatal("there is none of that")
				}
				if t := s.LedgerOf(site).CountUndeclared(declared, slices.Values([]string{"path:/etc/motd"})); t.Total() != n {
					b.Fatal(t)
				}
				r := start(b, s, "")
				if r.SiteID = site; r.Hold(b.Context(), []Holding{{Key: "path:/etc/motd", Stays: true}}) != nil || r.lines.f != nil {
					b.Fatal("it has written something")
				}
				if err := r.Finish(b.Context(), 0, Counts{}); err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
		})
	}
}
