package abi

import (
	"encoding/json"
	"strings"
	"testing"
)

const arch = Arch("64-x86_64")

// change is foo 1.0 → 2.0: it loses a function and libbar, libmoved's function moves to a library that is loaded with
// it, and its symbols were never complete.
func change() Change {
	symbols := func(names ...string) []Symbol {
		list := []Symbol{}
		for _, n := range names {
			list = append(list, Symbol{Name: n})
		}
		return list
	}
	return Change{
		FOO: "foo", From: "1.0", To: "2.0",
		Old: Facts{Libraries: []Library{
			{Soname: "libbar.so.1", Arch: arch, Symbols: symbols("bar")},
			{Soname: "libfoo.so.1", Arch: arch, Symbols: symbols("open", "close", "moved")},
			{Soname: "libwide.so.1", Arch: arch, Symbols: symbols("wide")},
		}},
		New: Facts{Libraries: []Library{
			{Soname: "libfoo.so.1", Arch: arch, Symbols: symbols("open"), Through: []string{"libnew.so.1"}},
			{Soname: "libnew.so.1", Arch: arch, Symbols: symbols("moved")},
			{Soname: "libwide.so.1", Arch: "32-386", Symbols: symbols("wide")},
		}},
	}
}

func dependent(name string, installed bool, links []string, uses ...string) Dependent {
	d := Dependent{FOO: name, Version: "1", Installed: installed, Facts: Facts{Uses: []Use{}}}
	for _, l := range links {
		d.Facts.Links = append(d.Facts.Links, Link{Soname: l, Arch: arch})
	}
	for _, u := range uses {
		d.Facts.Uses = append(d.Facts.Uses, Use{Arch: arch, Name: u})
	}
	return d
}

func dependents() []Dependent {
	foo := []string{"libfoo.so.1"}
	pinned := dependent("pinned", true, foo, "close")
	pinned.Facts.Links[0].RunPath = "/usr/stow/foo/1.0/lib"
	other := dependent("other", true, foo, "close")
	other.Facts.Links[0].FOO = "foo-compat"
	old := dependent("long-broken", true, []string{"libgone.so.0"})
	old.Facts.Links[0].FOO = "foo"
	byHand := dependent("by-hand", true, foo)
	byHand.Facts.Uses = nil
	return []Dependent{
		dependent("zsh", true, []string{"libc.so.6"}, "open", "close"),
		dependent("moved", true, foo, "moved", "elsewhere"),
		dependent("closes", true, foo, "open", "close"),
		dependent("unused", false, foo, "close"),
		dependent("bar", true, []string{"libfoo.so.1", "libbar.so.1"}, "open", "bar"),
		dependent("wide", true, []string{"libwide.so.1"}, "wide"),
		pinned, other, old, byHand,
	}
}

func TestWriteText(t *testing.T) {
	var b strings.Builder
	im := Judge(change(), dependents())
	if err := im.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `foo 1.0 → 2.0

need nothing:
  other/1
  pinned/1 (its run path leads to foo/1.0)
  zsh/1

are relinked by the switch:
  by-hand/1: libfoo.so.1 (symbols not recorded)
  moved/1: libfoo.so.1

must be rebuilt:
  bar/1
    libbar.so.1 is gone
  closes/1
    libfoo.so.1: symbol close is gone
  long-broken/1 (does not fit the installed version either)
    libgone.so.0 is gone
  unused/1 (not installed)
    libfoo.so.1: symbol close is gone
  wide/1
    libwide.so.1 is there, but not for 64-x86_64
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

func TestBreaks(t *testing.T) {
	err := Judge(change(), dependents()).Breaks()
	const want = `cannot switch foo 1.0 → 2.0: 3 packages would have to be rebuilt (--accept-broken switches nevertheless)
  bar/1: libbar.so.1 is gone
  closes/1: libfoo.so.1: symbol close is gone
  wide/1: libwide.so.1 is there, but not for 64-x86_64`
	if err == nil || err.Error() != want || len(err.Effects) != 3 {
		t.Errorf("%v\nwant %s", err, want)
	}
	first := change()
	first.From, first.Old = "", Facts{}
	if err := Judge(first, dependents()).Breaks(); err != nil {
		t.Errorf("nothing is installed that could break: %v", err)
	}
	if err := Judge(change(), nil).Breaks(); err != nil {
		t.Error(err)
	}
}

func TestImpactJSON(t *testing.T) {
	got, err := json.Marshal(Judge(change(), dependents()[2:3]))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"package":"foo","from":"1.0","to":"2.0","effects":[{"name":"closes/1","installed":true,"verdict":"rebuild",` +
		`"links":["libfoo.so.1"],"reasons":[{"kind":"symbol","soname":"libfoo.so.1","machine":"64-x86_64","symbol":"close"}]}]}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestBrief shows that unrecorded symbols are no reason for a rebuild, and are reported.
func TestBrief(t *testing.T) {
	c := change()
	c.Old, c.New = c.Old.Brief(1), c.New.Brief(0)
	if n := len(c.Old.Libraries[0].Symbols); n != 1 || c.Old.Libraries[1].Symbols != nil {
		t.Errorf("%+v", c.Old)
	}
	roundTrip(t, c.New)
	for _, c := range []Change{c, {"foo", "1.0", "2.0", c.Old, change().New}, {"foo", "1.0", "2.0", change().Old, c.New}} {
		e := Judge(c, dependents()[2:3]).Effects[0]
		if e.Verdict != Relink || !e.Unsure {
			t.Errorf("%+v", e)
		}
	}
}
