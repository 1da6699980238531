package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"converge/internal/stow/store/storetest"
)

// The states of packages; one line each.
func TestPackages(t *testing.T) {
	w := storetest.New(t, `
		usr/stow/foo/1.0/x = 1
		usr/stow/foo/2.0/x = 2
		usr/stow/foo/latest -> 2.0
		usr/stow/foo/dangling -> 9
		usr/stow/foo/README = no version
		usr/stow/foo/::1/x = 3
		usr/stow/foo/:installed -> 2.0
		usr/stow/foo/:managed-by -> /sbin/apt
		usr/stow/foo/:config/c = c
		usr/stow/foo/:control/debian/1.0 = c
		usr/stow/foo/:control/stow2/:unstowed = c
		usr/stow/foo/:control-default/converge = c
		usr/stow/foo/:strange = x
		usr/stow/gone/:installed -> 3
		usr/stow/half/1/x = 1
		usr/stow/half/:stowing -> 1
		usr/stow/half/:managed-by -> ../pm/:installed/bin/pm
		usr/stow/naive-1/bin/x = 1
		usr/stow/naive-2/:odd = x
		usr/stow/way -> naive-1
		usr/stow/lost -> nowhere
		usr/stow/file = x
		usr/stow/:views/`)
	s := w.Open(w.Parse(""))
	defer s.Close()
	list, err := s.Packages(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range list {
		fmt.Fprintf(&got, "%s %v", p.Package, p.Protocol)
		for _, v := range p.Versions {
			fmt.Fprintf(&got, " %s=%s(%s)", v.Disk, v.Name(), v.Link)
		}
		fmt.Fprintf(&got, " installed=%s missing=%v holder=%s config=%v", p.Installed, p.Missing, p.Holder, p.Config)
		fmt.Fprintf(&got, " interrupted=%v to=%s control=%v default=%v unknown=%v\n", p.Interrupted, p.To, p.Control, p.Defaults, p.Unknown)
	}
	want := `foo true 1.0=1.0() 2.0=2.0() ::1=:1() latest=latest(2.0) installed=2.0 missing=false holder=/sbin/apt config=true interrupted=false to= control=[{debian [1.0]} {stow2 []}] default=[converge] unknown=[:strange]
gone true installed=3 missing=true holder= config=false interrupted=false to= control=[] default=[] unknown=[]
half true 1=1() installed= missing=false holder=../pm/:installed/bin/pm config=false interrupted=true to=1 control=[] default=[] unknown=[]
naive-1 false installed= missing=false holder= config=false interrupted=false to= control=[] default=[] unknown=[]
naive-2 false installed= missing=false holder= config=false interrupted=false to= control=[] default=[] unknown=[]
stow2 false 2.1=2.1() installed= missing=false holder= config=false interrupted=false to= control=[] default=[] unknown=[]
way false installed= missing=false holder= config=false interrupted=false to= control=[] default=[] unknown=[]
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	broken, err := s.Interrupted(context.Background())
	if err != nil || len(broken) != 1 || broken[0] != "half" {
		t.Errorf("Interrupted = %v, %v", broken, err)
	}
}

func TestForeignRecords(t *testing.T) {
	for _, line := range []string{
		"usr/stow/foo/:installed -> ../bar/1", "usr/stow/foo/:installed -> :config", "usr/stow/foo/:stowing -> /etc",
		"usr/stow/foo/:installed = a file", "usr/stow/foo/:managed-by/",
	} {
		w := storetest.New(t, foo+"\n"+line)
		before := w.Show()
		if _, err := w.Run("foo/1.0"); err == nil || !strings.Contains(err.Error(), "cannot tell what "+w.Root+"/usr/stow/foo/:") {
			t.Errorf("%s: %v", line, err)
		}
		if w.Show() != before {
			t.Errorf("%s: something changed", line)
		}
	}
}

func TestCounts(t *testing.T) {
	w := storetest.New(t, foo+"\nusr/bin/own = x\nusr/stow/bar/1/share/b = b\nusr/stow/foo/2.0/share/f = f")
	for _, cmd := range []string{"foo/1.0 bar/1"} {
		if _, err := w.Run(cmd); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.Run("-n foo/2.0")
	if err != nil || len(r.Moves) != 1 {
		t.Fatal(r, err)
	}
	m := r.Moves[0]
	if m.Verb != "switch" || m.From != "1.0" || m.To.String() != "2.0" || m.Links.Changed != 1 || m.Links.Added != 2 || m.Links.Removed != 1 {
		t.Errorf("%+v", m)
	}
}
