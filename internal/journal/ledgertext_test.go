package journal

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The lines of a ledger give the same answers as its parsed entries.
func TestLedgerText(t *testing.T) {
	prefixes := []string{"", "path:/a/", "path:", "probe:", "secret:", "was:", "user:", "part:/a#", "zone:"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOf(rapid.SampledFrom([]rune("ab/\\\t\n\"ü-tn ")))
		prefix := rapid.SampledFrom(prefixes)
		l := &ledger{entries: map[string]ledgerValue{}}
		for range rapid.IntRange(0, 12).Draw(t, "entries") {
			digest := rapid.SampledFrom([]string{"", digestString("x"), "k" + digestString("x")}).Draw(t, "digest")
			original := rapid.SampledFrom([]string{"", "{", `{"after":{"a":{"$secret":true}}}`}).Draw(t, "original")
			l.entries[prefix.Draw(t, "prefix")+name.Draw(t, "key")] = ledgerValue{digest, name.Draw(t, "addr"), rapid.Bool().Draw(t, "found"), drawHolds(t, name), original}
		}
		file := string(l.encodeLedger("r1"))
		var text, apart ledger
		for _, l := range []*ledger{&text, &apart} {
			if err := l.parseLedger("ledger", file); err != nil {
				t.Fatal(err)
			}
		}
		apart.allEntries()
		if text.entries != nil {
			t.Fatal("it was taken apart")
		}
		for _, p := range append(prefixes, name.Draw(t, "other")) {
			if d := cmp.Diff(maps.Collect(apart.eachOf(p)), maps.Collect(text.eachOf(p)), cmp.AllowUnexported(ledgerValue{})); d != "" {
				t.Fatalf("%q: %s\n%s", p, d, file)
			}
			key := p + name.Draw(t, "asked")
			v, known := text.text.find(key)
			if want, has := apart.entries[key]; v != want || known != has {
				t.Fatalf("%q: %v %v, want %v %v\n%s", key, v, known, want, has, file)
			}
		}
		for key, want := range apart.entries {
			if v, known := text.text.find(key); v != want || !known {
				t.Fatalf("%q: %v %v, want %v\n%s", key, v, known, want, file)
			}
			checkMarks(t, &text, key, want)
		}
	})
}

// checkMarks requires that the marks of a text cover all its entries.
func checkMarks(t *rapid.T, l *ledger, key string, v ledgerValue) {
	for m, has := range map[marks]bool{
		protects: strings.Contains(v.holds, protectItem), wants: strings.Contains(v.holds, wantsItem), finds: v.isOnlyDeclared(),
		hides: isSealed(v.digest) || len(v.secretAttrs())+len(l.heldSecrets(v)) > 0,
	} {
		if has && !mayHave(l, m) {
			t.Fatalf("%q has mark %d: %v", key, m, v)
		}
	}
	for _, h := range splitHolds(v.holds) {
		if !mayBeHeld(l, func(site string) bool { return site == h.site }) {
			t.Fatalf("%q is held by %q", key, h.site)
		}
	}
}

// Lines in another order are a valid ledger as well.
func TestLedgerTextUnsorted(t *testing.T) {
	for _, body := range []string{"path:/b\t-\tfile.b\npath:/a\t-\tfile.a\n", "path:/a\t-\tfile.b\npath:/a\t-\tfile.a\n"} {
		l := &ledger{}
		head := "converge-ledger 1 r1 2 "
		if err := l.parseLedger("ledger", fmt.Sprintf("%s%08x\n%s", head, ledgerSum(head, body), body)); err != nil {
			t.Fatal(err)
		}
		if v, known := l.findEntry("path:/a"); !known || v.addr != "file.a" || l.entries == nil {
			t.Errorf("%q: %v %v", body, v, known)
		}
	}
}

// A run without changes of a site with much that it no longer declares leaves the ledger unparsed.
func TestLedgerTextIsLeft(t *testing.T) {
	s, site := openBeside(t, 1000)
	declared := func(key string) bool { return key == "path:/etc/motd" }
	r := start(t, s, "")
	r.SiteID = site
	s.LedgerOf(site).Rename(sameNames{declared})
	if s.Secrets() != nil || s.LedgerOf(site).ListProtected(declared) != nil || len(s.LedgerOf(site).ListKept(declared))+len(s.LedgerOf(site).ListOwnKept(declared)) > 0 {
		t.Error("there is none of that")
	}
	if len(s.LedgerOf(site).ListOfOthers(func(string) bool { return true }))+len(s.LedgerOf(site).ListBare())+len(s.Makings().List())+len(s.ListSecretFiles())+len(s.Names()) > 0 {
		t.Error("there is none of that")
	}
	if keys, files := s.LedgerOf(site).ListHeldByOthers(""); len(keys)+len(files) > 0 {
		t.Error("there are no others")
	}
	unasked := func(key string) bool { t.Error("a line was looked at: ", key); return false }
	if got := s.LedgerOf(site).CountUndeclared(unasked, slices.Values([]string{"path:/etc/motd", "path:/etc/none"})); got.Total() != 1000 || got.Kinds["file"] != 1000 {
		t.Error(got)
	}
	if err := r.Hold(t.Context(), []Holding{{Key: "path:/etc/motd", Stays: true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forget(t.Context(), site, Retention{Secrets: MaxSecrets}); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), 0, Counts{}); err != nil {
		t.Fatal(err)
	}
	if s.memory.ledger.entries != nil {
		t.Error("the ledger was taken apart")
	}
}

// openBeside opens a state folder whose ledger has one file that a site declares, and n that it declared earlier.
func openBeside(t testing.TB, n int) (*State, Site) {
	l := &ledger{entries: map[string]ledgerValue{"path:/etc/motd": {digest: digestString("x"), addr: `file["/etc/motd"]`, holds: "web"}}}
	for i := range n {
		key := fmt.Sprintf("path:/srv/app/site-%06d.conf", i)
		l.entries[key] = ledgerValue{digest: digestString(key), addr: fmt.Sprintf(`file.site["%d"]`, i), holds: "web"}
	}
	dir := filepath.Join(t.TempDir(), "state")
	open(t, dir).Close()
	if err := os.WriteFile(dir+"/ledger", l.encodeLedger("r1"), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), Site{Name: "web"}
}

// sameNames are names that each identify a thing of its own.
type sameNames struct{ declares func(string) bool }

func (n sameNames) Key(key string) string            { return key }
func (n sameNames) Declares(key string) bool         { return n.declares(key) }
func (n sameNames) Strayed(string) (link, to string) { return "", "" }
