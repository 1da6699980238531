package repository

import (
	"bytes"
	"slices"
	"testing"

	"converge/internal/resource"
)

func TestSectionIsEditedAlone(t *testing.T) {
	const sec = "[acme]\nServer = a\n"
	for name, tt := range map[string]struct{ text, before, want string }{
		"empty":                    {"", "", sec},
		"at the end":               {"[core]\nServer = c\n", "", "[core]\nServer = c\n" + sec},
		"without an end":           {"[core]\nServer = c", "", "[core]\nServer = c\n" + sec},
		"before another":           {"[options]\nx\n\n# of core\n#\n[core]\ny\n", "core", "[options]\nx\n\n" + sec + "# of core\n#\n[core]\ny\n"},
		"before one that is gone":  {"[options]\n", "core", "[options]\n" + sec},
		"in its place":             {"[acme]\nServer = old\n\n# of core\n[core]\ny\n", "", sec + "\n# of core\n[core]\ny\n"},
		"with carriage returns":    {"[options]\r\nx\r\n[acme]\r\nServer = old\r\n", "", "[options]\r\nx\r\n" + sec},
		"a comment is no header":   {"#[acme]\n#Server = old\n", "", "#[acme]\n#Server = old\n" + sec},
		"its own comments go":      {"[acme]\n# old\nServer = old\n[core]\n", "", "[acme]\nServer = a\n[core]\n"},
		"empty lines after it are": {"[acme]\nServer = old\n\n\n", "", sec + "\n\n"},
		"moved before another":     {"[options]\n\n# of core\n[core]\ny\n# of acme\n[acme]\nServer = old\n\n[extra]\n", "core", "[options]\n\n# of acme\n" + sec + "\n# of core\n[core]\ny\n[extra]\n"},
		"moved without an end":     {"[core]\ny\n[acme]", "core", sec + "[core]\ny\n"},
		"far before is before":     {"[acme]\nServer = old\n[core]\n[extra]\n", "extra", sec + "[core]\n[extra]\n"},
	} {
		if got := string(withSection([]byte(tt.text), "acme", []byte(sec), resource.NonEmpty(tt.before))); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// FuzzSection: for any file, all other bytes stay, the section is found as it was put, and its removal restores the
// file.
func FuzzSection(f *testing.F) {
	f.Add([]byte("[options]\nx\n\n# c\n[core]\ny\n"), "core")
	f.Add([]byte("[acme]\n[core]\r\n #\n[x"), "")
	f.Add([]byte("# c\n[acme]\nServer = b\n\n"), "acme")
	f.Fuzz(func(t *testing.T, text []byte, other string) {
		const sec = "[acme]\nServer = a\n"
		before := resource.NonEmpty(other)
		with := withSection(text, "acme", []byte(sec), before)
		if got := findSection(with, "acme"); !got.found || !bytes.HasPrefix(got.text, bytes.TrimRight([]byte(sec), "\n")) {
			t.Fatalf("%q: the section is %q", with, got.text)
		}
		if again := withSection(with, "acme", []byte(sec), before); !bytes.Equal(again, with) {
			t.Fatalf("%q became %q the second time", with, again)
		}
		old := findSection(text, "acme")
		if old.found && other != "" && !isBefore(text, "acme", other) {
			return // it was moved
		}
		if old.found {
			if got := withSection(with, "acme", old.text, before); len(bytes.TrimRight(old.text, "\n")) > 0 && !bytes.Equal(got, text) {
				t.Fatalf("%q came back as %q", text, got)
			}
			return
		}
		if got := withoutSection(with, "acme"); !bytes.Equal(got, text) && !bytes.Equal(got, append(bytes.Clone(text), '\n')) {
			t.Fatalf("%q came back as %q", text, got)
		}
	})
}

// TestSectionComesAfterItsNeighbour: two sections cannot each be before the other: the second comes after the first in
// a run, and a cycle of them is refused.
func TestSectionComesAfterItsNeighbour(t *testing.T) {
	res, err := newMachine(t, nil).resource("provider", "pacman", "url", "file:///a", "trusted", true, "before", "two")
	if err != nil {
		t.Fatal(err)
	}
	links := res.Kind.Links(res.Want)
	if !slices.ContainsFunc(links.Needs, func(n resource.Need) bool { return n.Key == "repository:two" }) {
		t.Errorf("it needs %v", links.Needs)
	}
}
