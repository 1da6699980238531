package source

import (
	"os"
	"testing"
)

// TestNearFile shows the path that a missing one was meant to be.
func TestNearFile(t *testing.T) {
	t.Chdir(tree(t, map[string]string{
		"site.hcl": "", "web.hcl": "", "web.hcl~": "", "today.plan": "", "facts.json": "", "data/common.hcl": "", "mail/": "", "mail.hcl": "", "db.json": "", ".hidden.hcl": "",
	}))
	if err := os.Symlink("nowhere", "dangling.hcl"); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"site.hlc": "site.hcl", "stie.hcl": "site.hcl", "site": "site.hcl", "./site.hlc": "site.hcl", "today.pln": "today.plan", "fact.json": "facts.json", "db": "db.json",
		"data/comon.hcl": "data/common.hcl", "dta/common.hcl": "data/common.hcl", "dat": "data", "data/commn": "",
		"site.hcl": "", "mail": "", "mail/": "", "mail/site.hcl": "", "web.hc": "web.hcl", "dangling.hcl": "", "other.conf": "", "nosuch/deep/site.hcl": "", "": "", "/": "",
	} {
		if got := NearFile(given); got != want {
			t.Errorf("%q is taken for %q, want %q", given, got, want)
		}
	}
}
