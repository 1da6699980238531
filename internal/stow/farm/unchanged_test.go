package farm_test

import (
	"path"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"converge/internal/stow/farm"
)

// TestUnchangedIsNothingPlanned: with Verbose 1 everything is planned in full, with 0 there is a shortcut; both have the
// same result.
func TestUnchangedIsNothingPlanned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := memory{"/": "dir"}
		add := func(p, v string) {
			for d := path.Dir(p); d != "/"; d = path.Dir(d) {
				if m[d] != "dir" && m[d] != "" {
					return
				}
			}
			if m[p] != "" {
				return
			}
			for d := path.Dir(p); d != "/"; d = path.Dir(d) {
				m[d] = "dir"
			}
			m[p] = v
		}
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		at := rapid.Custom(func(t *rapid.T) string {
			return path.Join(rapid.SliceOfN(name, 1, 3).Draw(t, "path")...)
		})
		for _, p := range []string{"p", "q"} {
			add("/t/stow/"+p+"/own", "file")
			for range rapid.IntRange(0, 4).Draw(t, "files") {
				add("/t/stow/"+p+"/"+at.Draw(t, "file"), rapid.SampledFrom([]string{"file", "file", "dir", "-> own", "-> gone", "-> /abs"}).Draw(t, "what"))
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "in the target") {
			add("/t/"+at.Draw(t, "at"), rapid.SampledFrom([]string{"file", "dir", "-> stow/gone/x", "-> stow/q/own"}).Draw(t, "thing"))
		}
		// A stow's plan is carried out, sometimes not completely.
		folding := rapid.Bool().Draw(t, "folding")
		for _, pkg := range []string{"p", "q"} {
			for _, op := range inFull(t, m, farm.Options{NoFolding: !folding}, 0, pkg) {
				if op.Kind == farm.Unlink {
					delete(m, "/t/"+op.Path)
				} else if rapid.IntRange(0, 9).Draw(t, "leave out") > 0 {
					add("/t/"+op.Path, map[farm.OpKind]string{farm.Link: "-> " + op.Text, farm.Mkdir: "dir"}[op.Kind])
				}
			}
		}
		o := farm.Options{NoFolding: rapid.Bool().Draw(t, "no folding")}
		restow := rapid.Bool().Draw(t, "restow")
		var unstow []string
		if restow {
			unstow = []string{"p"}
		}
		short, full := inFull(t, m, o, 0, "p", unstow...), inFull(t, m, o, 1, "p", unstow...)
		if !slices.Equal(short, full) {
			t.Fatalf("of %v\nthe short way plans %v\nthe full way %v", m, short, full)
		}
	})
}

func inFull(t *rapid.T, m memory, o farm.Options, verbose int, stow string, unstow ...string) []farm.Op {
	p := farm.Planner{Tree: m, Rules: farm.NewGNU("stow", m), Ignore: nothingIgnored{}, Options: o, Stow: "stow", Verbose: verbose}
	req := farm.Request{Stow: []farm.Image{{Stow: "stow", Package: stow}}}
	for _, pkg := range unstow {
		req.Unstow = append(req.Unstow, farm.Image{Stow: "stow", Package: pkg})
	}
	plan, err := p.Plan(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Ops
}
