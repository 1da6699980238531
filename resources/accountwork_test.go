package resources

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// BenchmarkAccountsOfTwoSites compares the users of two sites, each with all its groups, in the files of accounts.
func BenchmarkAccountsOfTwoSites(b *testing.B) {
	for _, n := range []int{50, 100, 200, 400} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			read, theirs, ours := accountsOfTwoSites(n, true)
			for b.Loop() {
				if n := countUndone(read, theirs, ours); n > 0 {
					b.Fatalf("%d are undone", n)
				}
			}
		})
	}
}

// TestAccountsOfTwoSitesTakeLinearWork: twice as many users of two sites, each with all its groups, take about twice as much memory, be they
// as they are declared, not yet in a group that all are to be in, or in the way of one that goes.
func TestAccountsOfTwoSitesTakeLinearWork(t *testing.T) {
	for name, c := range map[string]struct {
		areMembers, oneGoes bool
		undone              int
	}{"as declared": {areMembers: true}, "new members": {}, "one goes": {areMembers: true, oneGoes: true, undone: 4}} {
		work := func(n int) float64 {
			read, theirs, ours := accountsOfTwoSites(n, c.areMembers)
			if c.oneGoes {
				gone := &resource.Resource{Kind: User(nil), Key: theirs[0].Key, Want: cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("t0000"), "ensure": cty.StringVal("absent")})}
				ours = append(ours, gone)
			}
			return testing.AllocsPerRun(1, func() {
				if got := countUndone(read, theirs, ours); got != c.undone {
					t.Errorf("%s: of %d users %d are undone, want %d", name, n, got, c.undone)
				}
			})
		}
		if few, many := work(50), work(100); many > 2.5*few {
			t.Errorf("%s: 50 users take %.0f allocations, and 100 users %.0f", name, few, many)
		}
	}
}

// TestUndoneOfThirdSite: what two other sites do not want together is compared one by one.
func TestUndoneOfThirdSite(t *testing.T) {
	setting := func(value string) *resource.Resource {
		want := map[string]cty.Value{"part": cty.StringVal("setting"), "path": cty.StringVal("/etc/a.conf"), "key": cty.StringVal("k"), "format": cty.StringVal("keyvalue"), "value": cty.StringVal(value)}
		return &resource.Resource{Kind: Setting(nil), Key: resource.PartKey("/etc/a.conf", "setting k"), Want: cty.ObjectVal(want)}
	}
	one, two := setting("1"), setting("2")
	for _, theirs := range [][]*resource.Resource{{one, two}, {two, one}} {
		if undone := FindUndone(NewFiles(nil), "/etc/a.conf", theirs, []*resource.Resource{setting("1")}); !undone[two] {
			t.Errorf("the one that wants 2 is to be compared: %v", undone)
		}
	}
}

// countUndone counts the users of which something is undone, and compares each of them with those that may do that.
func countUndone(read Reader, theirs, ours []*resource.Resource) (n int) {
	files := NewFiles(read)
	for _, file := range accountFiles() {
		for r := range FindUndone(files, file, theirs, ours) {
			for _, by := range ours {
				if Undone(files, r, by) != "" {
					n++
				}
			}
		}
	}
	return n
}

// accountsOfTwoSites returns the files of accounts, and the users of two sites in them, each in a group of its own and in one for all, of
// which those of the second site may not be members yet.
func accountsOfTwoSites(n int, areMembers bool) (read Reader, theirs, ours []*resource.Resource) {
	files := map[string]*bytes.Buffer{}
	for _, file := range accountFiles() {
		files[file] = &bytes.Buffer{}
	}
	all := ""
	add := func(name string, id int) *resource.Resource {
		fmt.Fprintf(files[passwdFile], "%s:x:%d:%d::/home/%s:/bin/sh\n", name, id, id, name)
		fmt.Fprintf(files[shadowFile], "%s:*:19000:0:99999:7:::\n", name)
		fmt.Fprintf(files[groupFile], "g%s:x:%d:%s\n", name, id, name)
		fmt.Fprintf(files[gshadowFile], "g%s:!::%s\n", name, name)
		if areMembers || name[0] == 't' {
			all += "," + name
		}
		want := map[string]cty.Value{
			"name": cty.StringVal(name), "shell": cty.StringVal("/bin/sh"),
			"groups": cty.SetVal([]cty.Value{cty.StringVal("g" + name), cty.StringVal("all")}),
		}
		return &resource.Resource{Kind: User(nil), Key: "user:" + name, Want: cty.ObjectVal(want)}
	}
	for i := range n {
		theirs = append(theirs, add(fmt.Sprintf("t%04d", i), 10000+i))
		ours = append(ours, add(fmt.Sprintf("o%04d", i), 20000+i))
	}
	fmt.Fprintf(files[groupFile], "all:x:900:%s\n", all[1:])
	fmt.Fprintf(files[gshadowFile], "all:!::%s\n", all[1:])
	return func(file string) []byte {
		if f := files[file]; f != nil {
			return f.Bytes()
		}
		return nil
	}, theirs, ours
}
