package farm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{joinPaths("a", "b"), "a/b"},
		{joinPaths("", "a", ""), "a"},
		{joinPaths("a//b/./c/"), "a/b/c"},
		{joinPaths("a/../b"), "b"},
		{joinPaths("..", "a"), "../a"},
		{joinPaths("../..", "a"), "../../a"},
		{joinPaths("a", "../../b"), "../b"},
		{joinPaths("a", "/b"), "/b"},
		{joinPaths("/a", "../.."), "/"},
		{joinPaths("/..", "a"), "/a"},
		{joinPaths("a/b", ".."), "a"},
		{joinPaths("../a", "../.."), "../.."},
		{joinPaths(), ""},
		{pathBelow("", "a"), "a"},
		{pathBelow(".", "a"), "a"},
		{pathBelow("d", "a"), "d/a"},
		{parentPath("a/b/c"), "a/b"},
		{parentPath("a"), ""},
		{parentPath("/a"), ""},
		{parentText("../stow/p/a"), "../stow/p"},
		{parentText("../stow/p/a//"), "../stow/p"},
		{parentText("a//b"), "a"},
		{parentText("a"), ""},
		{climbFrom(""), ""},
		{climbFrom("a"), "../"},
		{climbFrom("a/b/c"), "../../../"},
		{TargetName("dot-x"), ".x"},
		{TargetName("dot-"), "dot-"},
		{TargetName("dot-.x"), "dot-.x"},
		{TargetName("dot"), "dot"},
		{TargetName("dit-x"), "dit-x"},
		{redot(".x"), "dot-x"},
		{redot("x"), "x"},
		{redot("."), "dot-"},
		{orTop(""), "."},
		{orTop("a"), "a"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for _, c := range []struct {
		path, dir, rest string
		ok              bool
	}{
		{"stow/p/a", "stow", "p/a", true},
		{"stow/p", "stow", "p", true},
		{"stow", "stow", "", false},
		{"stowed/p", "stow", "", false},
		{"p", "stow", "", false},
		{"a/p", "", "", false},
		{"stow/", "stow", "", true},
	} {
		if rest, ok := within(c.path, c.dir); rest != c.rest || ok != c.ok {
			t.Errorf("within(%q, %q) = %q, %v", c.path, c.dir, rest, ok)
		}
	}
}

// TestSpotReads shows that a link's text is compared as a whole.
func TestSpotReads(t *testing.T) {
	s := spot{prefix: "../stow/p/", name: "abc"}
	for text, want := range map[string]bool{
		"../stow/p/abc": true, "../stow/q/abc": false, "../stow/p/abd": false, "../stow/p/abcd": false, "../stow/p/ab": false, "": false,
	} {
		if s.reads(text) != want || (s.text() == text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// TestSlots compares slots with a map, for names in order and out of order.
func TestSlots(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 1))
	for round := range 300 {
		var s slots
		want := map[string]int32{}
		for i := range g.IntN(80) {
			name := fmt.Sprintf("n%03d", i)
			if round%2 == 1 { // out of order
				name = fmt.Sprintf("n%03d", g.IntN(40))
			}
			s.set(name, int32(i))
			want[name] = int32(i)
			asked := fmt.Sprintf("n%03d", g.IntN(90))
			task, ok := want[asked]
			if !ok {
				task = none
			}
			if got := s.task(asked); got != task {
				t.Fatalf("round %d: task of %s is %d, want %d", round, asked, got, task)
			}
		}
		names := slices.Sorted(slices.Values(s.names))
		if len(names) != len(want) || len(slices.Compact(names)) != len(want) {
			t.Fatalf("round %d: %v are not the names of %v", round, s.names, want)
		}
	}
	if got := new(slots).task("a"); got != none {
		t.Errorf("no slot has task %d", got)
	}
}

// TestTasks shows that tasks keep their index while the list grows over chunks.
func TestTasks(t *testing.T) {
	var list tasks
	for i := range 3*chunk + 1 {
		if n := list.add(Op{Path: fmt.Sprint(i)}); n != int32(i) {
			t.Fatalf("task %d has the number %d", i, n)
		}
	}
	if len(list.chunks) != 4 {
		t.Errorf("%d chunks", len(list.chunks))
	}
	for i := range list.n {
		if p := list.at(i).op.Path; p != fmt.Sprint(i) {
			t.Fatalf("task %d is %s", i, p)
		}
		list.at(i).dropped = i%3 == 0
	}
	if n := list.left(); n != 2*chunk {
		t.Errorf("%d are left", n)
	}
}

// nowhere is an empty tree.
type nowhere struct{ asked *[]string }

func (n nowhere) Look(p string) (Type, string, error) {
	*n.asked = append(*n.asked, "look "+p)
	return None, "", nil
}

func (n nowhere) Reads(string, string, string) (bool, error) { return false, nil }

func (n nowhere) Leads(p string) (Type, error) {
	*n.asked = append(*n.asked, "leads "+p)
	if strings.HasSuffix(p, "/.stow") && strings.HasPrefix(p, "other") {
		return File, nil
	}
	return None, nil
}

func (n nowhere) List(string) ([]Entry, error) { return nil, nil }

// TestOwner shows the owner of places, and that each marker is looked up once.
func TestOwner(t *testing.T) {
	var asked []string
	g := NewGNU("../stow", nowhere{&asked})
	for dest, want := range map[string]string{
		"../stow/p":     "../stow p",
		"../stow/p/a/b": "../stow p",
		"../stow":       "",
		"../stowed/p":   "",
		"other/rest/a":  "other rest",
		"other/r":       "other r",
		"other":         "",
		"/other/r":      "",
		"some/other/r":  "",
		"":              "",
	} {
		for range 2 {
			img, ok, err := g.Owner(dest)
			if got := strings.TrimSpace(img.Stow + " " + img.Package); got != want || ok != (want != "") || err != nil {
				t.Errorf("%q: %q, %v, %v, want %q", dest, got, ok, err, want)
			}
		}
	}
	slices.Sort(asked)
	if twice := len(asked) - len(slices.Compact(slices.Clone(asked))); twice > 0 {
		t.Errorf("asked twice: %v", asked)
	}
	if g.Relation(Image{}, Image{}) != Strangers {
		t.Error("packages of GNU Stow are no strangers")
	}
	if _, ok := g.Cover(Image{}); ok {
		t.Error("a package of GNU Stow is covered")
	}
}

// TestState combines single tasks: their messages, the remaining operations, and contradictions.
func TestState(t *testing.T) {
	do := map[string]func(s *state) error{
		"link":   func(s *state) error { return s.makeLink("a", "x") },
		"other":  func(s *state) error { return s.makeLink("a", "y") },
		"unlink": func(s *state) error { return s.removeLink("a", "x") },
		"mkdir":  func(s *state) error { return s.makeDir("a") },
		"rmdir":  func(s *state) error { return s.removeDir("a") },
		"move":   func(s *state) error { return s.moveFile("a", "b") },
	}
	for words, want := range map[string]string{
		"link":                "LINK: a => x; is a link to x",
		"link link":           "LINK: a => x; is a link to x",
		"link other":          "error; is a link to x",
		"link unlink":         "; is nothing",
		"link mkdir":          "error; is a link to x",
		"link rmdir":          "error; is a link to x",
		"link move":           "error; is a link to x",
		"unlink":              "UNLINK: a; is nothing",
		"unlink unlink":       "UNLINK: a; is nothing",
		"unlink link":         "; is nothing",
		"unlink other":        "UNLINK: a, LINK: a => y; is a link to y",
		"unlink other unlink": "UNLINK: a; is nothing",
		"unlink mkdir":        "UNLINK: a, MKDIR: a; is a directory",
		"unlink rmdir":        "error; is nothing",
		"mkdir":               "MKDIR: a; is a directory",
		"mkdir mkdir":         "MKDIR: a; is a directory",
		"mkdir link":          "error; is a directory",
		"mkdir unlink":        "error; is a directory",
		"mkdir rmdir":         "; is nothing",
		"mkdir move":          "error; is a directory",
		"rmdir":               "RMDIR a; is nothing",
		"rmdir rmdir":         "RMDIR a; is nothing",
		"rmdir mkdir":         "; is nothing",
		"rmdir link":          "RMDIR a, LINK: a => x; is a link to x",
		"rmdir move":          "error; is nothing",
		"move":                "MV: a -> b; is nothing",
	} {
		var asked []string
		s := newState(nowhere{&asked}, func(Op, string) {})
		s.replaced = map[string]int32{}
		var err error
		for word := range strings.FieldsSeq(words) {
			if err == nil {
				err = do[word](s)
			}
		}
		if got := describe(t, s, err); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}

func describe(t *testing.T, s *state, err error) string {
	t.Helper()
	var left []string
	for _, op := range s.ops() {
		left = append(left, op.String())
	}
	if err != nil {
		left = []string{"error"}
		if !strings.HasSuffix(err.Error(), " a: the packages contradict each other there") {
			t.Error(err)
		}
	}
	is := "nothing"
	text, link, err := s.findLink("a")
	dir, err2 := s.isDir("a")
	node, err3 := s.isThere("a")
	switch {
	case err != nil || err2 != nil || err3 != nil:
		t.Error(err, err2, err3)
	case link:
		is = "a link to " + text
	case dir:
		is = "a directory"
	}
	if node != (is != "nothing") {
		t.Errorf("%v: there is anything: %v", left, node)
	}
	return strings.Join(left, ", ") + "; is " + is
}

// TestHidden shows what is hidden by the removal of a link on the way.
func TestHidden(t *testing.T) {
	var asked []string
	s := newState(nowhere{&asked}, func(Op, string) {})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	hidden := func(want string) {
		t.Helper()
		var got []string
		for _, p := range []string{"a", "a/b", "a/b/c", "ab", "d", "d/e"} {
			if s.isHidden(p) {
				got = append(got, p)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("hidden are %v, want %s", got, want)
		}
	}
	hidden("")
	must(s.removeLink("a", "x"))
	hidden("a a/b a/b/c")
	must(s.removeLink("d/e", "x"))
	hidden("a a/b a/b/c d/e")
	must(s.makeLink("a", "x"))
	hidden("d/e")
	must(s.makeLink("d/e", "y"))
	hidden("")
	must(s.removeLink("a/b", "x"))
	hidden("a/b a/b/c")
	if there, err := s.isThere("a/b/c"); there || err != nil {
		t.Error(there, err)
	}
	if dir, err := s.isDir("a/b/c"); dir || err != nil {
		t.Error(dir, err)
	}
	if slices.Contains(asked, "leads a/b/c") {
		t.Error("the disk was asked about what is hidden")
	}
}
