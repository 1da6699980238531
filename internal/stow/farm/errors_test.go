package farm_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/farm"
)

// TestBrokenDisk shows that planning never uses an unknown answer: if the tree cannot answer any question, planning
// fails with the reason.
func TestBrokenDisk(t *testing.T) {
	for _, s := range []situation{
		{tree: "stow/p/d/e/1\n stow/p/a -> b\n stow/q/d/e/2\n d -> stow/q/d\n a -> stow/q/a", command: "p"},
		{tree: "stow/p/d/1\n stow/q/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2\n d/3 -> ../stow/q/gone", command: "-D p"},
		{tree: "stow/p/d/1\n d/1 -> ../stow/p/d/1", command: "-R p", options: farm.Options{StrictFold: true}},
		{tree: "stow/p/a\n stow/p/b\n a\n b -> stow/p/b\n b~", command: "-R p", options: farm.Options{Backup: "~"}},
		{tree: "stow/p/dot-a\n .a -> stow/p/dot-a\n c -> stow/p/c", command: "-D p", options: farm.Options{Compat: true, Dotfiles: true}},
		{tree: "stow/foo/1/a\n stow/foo/:config/a\n a", command: "stow/foo//1", options: farm.Options{Adopt: true}, rules: map[string]string{"cover 1": ":config"}},
		{tree: "other/.stow\n other/r/d/2\n stow/p/d/1\n d -> other/r/d", command: "p"},
	} {
		for _, verbose := range []int{0, 2} {
			asked := questions(t, s, verbose)
			for question := range asked {
				broken := s
				broken.fails = question
				if _, err := planOf(t, broken, verbose, nil); !errors.Is(err, errBroken) {
					t.Errorf("%s in %q: no answer to %q, and the plan fails with %v", s.command, s.tree, question, err)
				}
			}
			if len(asked) < 4 {
				t.Errorf("%s in %q asks %v only", s.command, s.tree, asked)
			}
		}
	}
}

// asking records the questions.
type asking struct {
	failing
	asked map[string]bool
}

func (a asking) note(call, p string) { a.asked[strings.TrimSuffix(call+" "+p, "/")] = true }

func (a asking) Look(p string) (farm.Type, string, error) {
	a.note("look", p)
	return a.failing.Look(p)
}

func (a asking) Leads(p string) (farm.Type, error) {
	a.note("leads", p)
	return a.failing.Leads(p)
}

func (a asking) List(p string) ([]farm.Entry, error) {
	if p == "" {
		p = "."
	}
	a.note("list", p)
	return a.failing.List(p)
}

func (a asking) Reads(dir, name, prefix string) (bool, error) {
	a.note("reads", strings.TrimPrefix(dir+"/"+name, "/"))
	return a.failing.Reads(dir, name, prefix)
}

func questions(t *testing.T, s situation, verbose int) map[string]bool {
	t.Helper()
	asked := map[string]bool{}
	if _, err := planOf(t, s, verbose, asked); err != nil {
		t.Fatalf("%s in %q: %v", s.command, s.tree, err)
	}
	return asked
}

func planOf(t *testing.T, s situation, verbose int, asked map[string]bool) (farm.Plan, error) {
	t.Helper()
	if asked == nil {
		asked = map[string]bool{}
	}
	tree := asking{failing{grow(t, s.tree), s.fails}, asked}
	p := farm.Planner{
		Tree: tree, Rules: related{farm.NewGNU("stow", tree), s.rules}, Ignore: ignoring(strings.Fields(s.ignore)),
		Options: s.options, Stow: "stow", Verbose: verbose,
	}
	return p.Plan(t.Context(), request("stow", s.command))
}

// TestBrokenList shows that an unreadable list ends the planning.
func TestBrokenList(t *testing.T) {
	for _, s := range []situation{
		{tree: "stow/p/a", command: "p", ignore: "!a"},
		{tree: "stow/p/a\n a -> stow/p/a", command: "-D p", ignore: "!a"},
		{tree: "stow/p/a\n a -> stow/p/a", command: "-D p", ignore: "!a", options: farm.Options{Compat: true}},
		{tree: "stow/p/d/a", command: "p", ignore: "!d/a", options: farm.Options{StrictFold: true}},
	} {
		for _, verbose := range []int{0, 2} {
			if _, err := planOf(t, s, verbose, nil); !errors.Is(err, errBroken) {
				t.Errorf("%s in %q: %v", s.command, s.tree, err)
			}
		}
	}
}

// TestCancelled shows that planning ends with its context, at any point.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range []string{"p", "-D p", "-R p"} {
		for _, verbose := range []int{0, 1} {
			m := grow(t, "stow/p/a\n a -> stow/p/a")
			p := farm.Planner{Tree: m, Rules: farm.NewGNU("stow", m), Ignore: nothingIgnored{}, Stow: "stow", Verbose: verbose}
			if _, err := p.Plan(ctx, request("stow", command)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s at %d: %v", command, verbose, err)
			}
		}
	}
}

// TestQuietly shows that no message above Verbose is sent, and that none is needed for the result.
func TestQuietly(t *testing.T) {
	const tree = "stow/p/a\n stow/p/d/1\n a -> stow/q/a\n d/.stow"
	for verbose, want := range map[int]string{
		0: "WARNING: skipping marked Stow directory d",
		1: "UNLINK: a|LINK: a => stow/p/a|WARNING: skipping marked Stow directory d",
	} {
		m := grow(t, tree)
		var said []string
		p := farm.Planner{
			Tree: m, Rules: farm.NewGNU("stow", m), Ignore: nothingIgnored{}, Stow: "stow", Verbose: verbose,
			Log: func(_ int, text string) { said = append(said, text) },
		}
		first, err := p.Plan(t.Context(), request("stow", "p"))
		if got := strings.Join(said, "|"); got != want || err != nil {
			t.Errorf("at %d: %s, %v", verbose, got, err)
		}
		p = farm.Planner{Tree: m, Rules: farm.NewGNU("stow", m), Ignore: nothingIgnored{}, Stow: "stow", Verbose: verbose}
		second, err := p.Plan(t.Context(), request("stow", "p"))
		if fmt.Sprint(first) != fmt.Sprint(second) || err != nil {
			t.Errorf("at %d: with messages %v, without %v, %v", verbose, first, second, err)
		}
	}
}

// TestPackages shows which names are valid package names.
func TestPackages(t *testing.T) {
	for words, want := range map[string]string{
		"p":       "",
		"gone":    "ERROR The stow directory stow does not contain package gone",
		"a":       "ERROR The stow directory stow does not contain package a", // a file
		"l":       "",                                                         // a link to a package
		"..":      "ERROR The stow directory stow does not contain package ..",
		"-D gone": "ERROR The stow directory stow does not contain package gone",
	} {
		got := play(t, situation{tree: "stow/p/\n stow/a\n stow/l -> p", command: words})
		if got != want {
			t.Errorf("%s: %s", words, got)
		}
	}
}

func TestOpText(t *testing.T) {
	for op, want := range map[farm.Op]string{
		{Kind: farm.Link, Path: "a", Text: "b"}:   "LINK: a => b",
		{Kind: farm.Unlink, Path: "a", Text: "b"}: "UNLINK: a",
		{Kind: farm.Mkdir, Path: "a"}:             "MKDIR: a",
		{Kind: farm.Rmdir, Path: "a"}:             "RMDIR a",
		{Kind: farm.Move, Path: "a", Text: "b"}:   "MV: a -> b",
		{}:                                        "?",
	} {
		if got := op.String(); got != want {
			t.Errorf("%#v: %s, want %s", op, got, want)
		}
	}
}

// TestQuestions counts the questions of a plan: each is at least one system call.
func TestQuestions(t *testing.T) {
	const tree = "stow/p/a\n stow/p/d/1\n stow/p/l -> a\n a -> stow/p/a\n d/1 -> ../stow/p/d/1\n l -> stow/p/l"
	for _, c := range []struct {
		what    string
		verbose int
		s       situation
		want    string
	}{
		{"stow again", 0, situation{tree: tree, command: "p"}, "leads .nonstow, leads .stow, leads d/.nonstow, leads d/.stow, leads stow/p, leads stow/p/l, list stow/p, list stow/p/d, look d, look stow/p/l, reads a, reads d, reads d/1, reads l"},
		{"restow", 0, situation{tree: tree, command: "-R p"}, "leads .nonstow, leads .stow, leads d/.nonstow, leads d/.stow, leads stow/p, leads stow/p/l, list ., list d, list stow/p, list stow/p/d, look d, look stow/p/l, reads a, reads d, reads d/1, reads l"},
		{"restow by strict rules", 0, situation{tree: tree, command: "-R p", options: farm.Options{StrictFold: true}}, "leads .nonstow, leads .stow, leads d, leads d/.nonstow, leads d/.stow, leads stow/p, list ., list d, list stow/p, list stow/p/d, look a, look d, look d/1, look l, look stow/p/l"},
		{"restow with something new", 0, situation{tree: tree + "\n stow/p/e", command: "-R p"}, "leads .nonstow, leads .stow, leads d, leads d/.nonstow, leads d/.stow, leads e, leads stow/p, list ., list d, list stow/p, list stow/p/d, look a, look d, look d/1, look e, look l, look stow/p/l, reads a, reads d, reads d/1, reads e"},
		{"stow again, in words", 2, situation{tree: tree, command: "p"}, "leads .nonstow, leads .stow, leads d, leads d/.nonstow, leads d/.stow, leads stow/p, leads stow/p/l, list stow/p, list stow/p/d, look a, look d, look d/1, look l, look stow/p/l"},
		{"stow", 0, situation{tree: "stow/p/a\n stow/p/d/1\n stow/p/l -> a\n x", command: "p"}, "leads .nonstow, leads .stow, leads a, leads d, leads l, leads stow/p, list stow/p, look a, look d, look l, look stow/p/d/.no-stow-folding, look stow/p/l, reads a"},
		{"unstow", 0, situation{tree: tree, command: "-D p"}, "leads .nonstow, leads .stow, leads d, leads d/.nonstow, leads d/.stow, leads stow/p, list ., list d, list stow/p, list stow/p/d, look a, look d, look d/1, look l"},
		{"unstow and stow another", 0, situation{tree: tree + "\n stow/q/b", command: "-D p -S q"}, "leads .nonstow, leads .stow, leads b, leads d, leads d/.nonstow, leads d/.stow, leads stow/p, leads stow/q, list ., list d, list stow/p, list stow/p/d, list stow/q, look a, look b, look d, look d/1, look l"},
		{"stow two", 0, situation{tree: tree + "\n stow/q/b", command: "p q"}, "leads .nonstow, leads .stow, leads b, leads d, leads d/.nonstow, leads d/.stow, leads stow/p, leads stow/p/l, leads stow/q, list stow/p, list stow/p/d, list stow/q, look a, look b, look d, look d/1, look l, look stow/p/l"},
	} {
		asked := slices.Sorted(maps.Keys(questions(t, c.s, c.verbose)))
		if got := strings.Join(asked, ", "); got != c.want {
			t.Errorf("%s asks\n\t%s, want\n\t%s", c.what, got, c.want)
		}
	}
}
