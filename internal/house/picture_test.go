package house_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The lines around the pictures of the imports in ARCHITECTURE.md.
const (
	pictureBegin = "<!-- imports, written by `make docs` -->\n"
	pictureEnd   = "<!-- end of imports -->\n"
)

// TestDocsImports compares the pictures of the imports with what there is.
// -update writes them.
func TestDocsImports(t *testing.T) {
	name := filepath.Join(root(t), "ARCHITECTURE.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), pictureBegin)
	have, after, ended := strings.Cut(rest, pictureEnd)
	if !found || !ended {
		t.Fatalf("ARCHITECTURE.md has no place for the pictures of the imports, between %s and %s", pictureBegin, pictureEnd)
	}
	want := pictures(imports(t))
	switch {
	case have == want:
	case *update:
		if err := os.WriteFile(name, []byte(before+pictureBegin+want+pictureEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("ARCHITECTURE.md shows other imports than there are; run: go test ./internal/house -run TestDocsImports -update\nwant:\n%s", want)
	}
}

// pictures draws the rooms, and those of the farm by themselves.
func pictures(all map[string][]string) string {
	const farm = "internal/stow/"
	return "The rooms, each with those that it imports; what follows from other arrows is left out.\n\n" +
		picture(all, roomOf) +
		"\nInside `internal/stow`:\n\n" +
		picture(all, func(pkg string) string {
			if inside, ok := strings.CutPrefix(pkg, farm); ok {
				name, _, _ := strings.Cut(inside, "/")
				return name
			}
			return ""
		})
}

// roomOf is the name of a package's room in the picture, "" to leave it out.
func roomOf(pkg string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(pkg, "internal/"), "cmd/")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// picture draws the imports as a Mermaid flow chart: one line for each room.
// What only tests use is left out.
func picture(all map[string][]string, room func(pkg string) string) string {
	arrows := map[string]map[string]bool{}
	for pkg, ours := range all {
		from := room(pkg)
		if from == "" || pkg == "examples" || pkg == "packaging" || (source{name: pkg + "/"}).isIn(testRooms()...) {
			continue
		}
		if arrows[from] == nil {
			arrows[from] = map[string]bool{}
		}
		for _, i := range ours {
			if to := room(i); to != "" && to != from {
				arrows[from][to] = true
			}
		}
	}
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart TD\n")
	for _, from := range byHeight(arrows) {
		if direct := reduced(arrows, from); len(direct) > 0 {
			fmt.Fprintf(&b, "    %s --> %s\n", node(from), strings.Join(direct, " & "))
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// byHeight sorts the rooms: those that nothing below depends on come first.
func byHeight(arrows map[string]map[string]bool) []string {
	heights := map[string]int{}
	var height func(room string) int
	height = func(room string) int {
		if h, known := heights[room]; known {
			return h
		}
		h := 0
		for to := range arrows[room] {
			h = max(h, height(to)+1)
		}
		heights[room] = h
		return h
	}
	rooms := slices.Sorted(maps.Keys(arrows))
	slices.SortStableFunc(rooms, func(a, b string) int { return height(b) - height(a) })
	return rooms
}

// reduced returns the arrows of a room that do not follow from others.
func reduced(arrows map[string]map[string]bool, from string) (direct []string) {
	for _, to := range slices.Sorted(maps.Keys(arrows[from])) {
		follows := false
		for other := range arrows[from] {
			follows = follows || other != to && reaches(arrows, other, to)
		}
		if !follows {
			direct = append(direct, node(to))
		}
	}
	return direct
}

func reaches(arrows map[string]map[string]bool, from, to string) bool {
	for next := range arrows[from] {
		if next == to || reaches(arrows, next, to) {
			return true
		}
	}
	return false
}

// node is a room in Mermaid, where graph is a keyword.
func node(room string) string {
	if room == "graph" {
		return "graph_[graph]"
	}
	return room
}
