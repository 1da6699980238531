package engine

import (
	"errors"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/engine/assembly"
	"converge/internal/graph"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// A rollback has put a thing back, or removed it, and has changed another one that comes after it.
// At its end the thing is not so any more. Each case tells whether the other one explains that: what it does
// not explain is a difference, and nothing is proved.
func TestWhatGoesWithAnotherThingIsNoDifference(t *testing.T) {
	noPlace := resource.NoPlace(errors.New("there is no such file"))
	paths := func(ps ...string) resource.Links {
		l := resource.Links{}
		for _, p := range ps {
			l.Provides = append(l.Provides, assembly.PathKey+p)
		}
		return l
	}
	const missing, there = resource.Create, resource.Delete
	for _, c := range []struct {
		name     string
		key      string // of the thing
		thing    resource.Links
		is       resource.Action
		err      error
		other    resource.Links
		stays    bool // the other thing is not removed, but made
		earlier  bool // it was made before the thing
		noEdge   bool
		explains bool
	}{
		{name: "a file in a folder that went", key: "path:/a/f", thing: paths("/a/f"), is: missing, other: paths("/a"), explains: true},
		{name: "a file in a folder that went before it", key: "path:/a/f", thing: paths("/a/f"), is: missing, other: paths("/a"), earlier: true},
		{name: "a file in a folder that was made", key: "path:/a/f", thing: paths("/a/f"), is: missing, other: paths("/a"), stays: true},
		{name: "a file beside a folder that went", key: "path:/ab/f", thing: paths("/ab/f"), is: missing, other: paths("/a")},
		{name: "a file, and something else that went after it", key: "path:/a/f", thing: paths("/a/f"), is: missing, other: resource.Links{Provides: []string{"package:p"}}},
		{name: "a file of a user who went", key: "path:/a/f", is: missing, other: resource.Links{Provides: []string{"user:u"}, RemovesOwner: true},
			thing: resource.Links{Provides: []string{"path:/a/f"}, Needs: []resource.Need{{Key: "user:u"}}}},
		{name: "a file in the home of a user who went", key: "path:/home/u/f", thing: paths("/home/u/f"), is: missing,
			other: resource.Links{Provides: []string{"user:u"}, RemovesOwner: true, Folders: []string{"/home/u"}}, explains: true},
		{name: "a package, and another one that went after it", key: "package:p", thing: resource.Links{Provides: []string{"package:p"}}, is: missing, other: resource.Links{Provides: []string{"package:q"}}},
		{name: "a line of a file that went", key: resource.PartKey("/f", "l"), is: missing, err: noPlace, other: paths("/f"), explains: true},
		{name: "a line of another file than went", key: resource.PartKey("/f", "l"), is: missing, err: noPlace, other: paths("/g")},
		{name: "a line of a file in a folder that went", key: resource.PartKey("/a/f", "l"), is: missing, other: paths("/a"), explains: true},
		{name: "a parameter in a file that went", key: "sysctl:x", thing: resource.Links{Provides: []string{"sysctl:x"}, Within: []string{"/f"}}, is: missing, other: paths("/f"), explains: true},
		{name: "an answer for a package that went", key: "debconf:p", thing: resource.Links{Provides: []string{"debconf:p"}}, is: missing,
			other: resource.Links{Provides: []string{"package:p"}, Needs: []resource.Need{{Key: "debconf:p"}}}, explains: true},
		{name: "a key of a user who went", key: "key", is: missing, err: noPlace, other: resource.Links{Provides: []string{"user:u"}, RemovesOwner: true},
			thing: resource.Links{Needs: []resource.Need{{Key: "user:u"}}}, explains: true},
		{name: "what cannot be read", key: "path:/a/f", thing: paths("/a/f"), err: errors.New("input/output error"), other: paths("/a")},
		{name: "what does not come after it", key: "path:/a/f", thing: paths("/a/f"), is: missing, other: paths("/a"), noEdge: true},

		{name: "a file that a mount hid", key: "path:/m/f", thing: paths("/m/f"), is: there, other: resource.Links{Covers: "/m"}, noEdge: true, explains: true},
		{name: "a file below another mount that came", key: "path:/m/f", thing: paths("/m/f"), is: there, other: resource.Links{Covers: "/m"}, stays: true, noEdge: true, explains: true},
		{name: "a file that is there again after a mount went", key: "path:/m/f", thing: paths("/m/f"), is: there, other: resource.Links{Covers: "/m"}, earlier: true, noEdge: true},
		{name: "a file beside a mount", key: "path:/mm/f", thing: paths("/mm/f"), is: there, other: resource.Links{Covers: "/m"}, noEdge: true},
		{name: "a file that is there again, in a folder that several share", key: "path:/m/f", thing: paths("/m/f"), is: there, other: resource.Links{Shares: []string{"path:/m"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind := func(l resource.Links) *resource.Kind {
				return &resource.Kind{Links: func(cty.Value) resource.Links { return l }}
			}
			ensure := "absent"
			if c.stays {
				ensure = "present"
			}
			g := graph.New[assembly.Reason](2)
			if !c.noEdge {
				g.Add(0, 1, assembly.Reason{})
			}
			s := &site{Undo: &Rollback{}, Graph: g, Resources: []*resource.Resource{
				{Kind: kind(c.thing), Key: c.key, Want: cty.EmptyObjectVal},
				{Kind: kind(c.other), Want: cty.ObjectVal(resourcetest.Attrs("ensure", ensure))},
			}}
			r := &plan{site: s, steps: []step{{state: changed, made: 2}, {state: changed, made: 3}}}
			if c.earlier {
				r.steps[1].made = 1
			}
			d := drift{change: resource.Change{Action: c.is, Key: c.key}, err: c.err}
			if got := r.wentAlong(d) || r.isUncovered(d); got != c.explains {
				t.Errorf("explained: %v, want %v", got, c.explains)
			}
			s.Undo = nil
			if r.wentAlong(d) || r.isUncovered(d) {
				t.Error("what the site declares is to be as it declares it")
			}
		})
	}
}
