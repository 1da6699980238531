package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "converge/"

// root is the top of the checkout, from here.
func root(t *testing.T) string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// imports gives, for every package of the module, those of ours that it imports
// outside its tests. Names are without the module's.
func imports(t *testing.T) map[string][]string {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir, cmd.Stderr = root(t), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		all[name] = nil
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, module); ok {
				all[name] = append(all[name], ours)
			}
		}
	}
}

// row is one line of the table of rooms.
type row struct {
	rooms   []string
	allowed []string
	words   string // instead of names: "none" or "everything"
}

var quoted = regexp.MustCompile("`([^`]+)`")

// table reads the rooms and their imports from ARCHITECTURE.md.
func table(t *testing.T) (rows []row) {
	text, err := os.ReadFile(filepath.Join(root(t), "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "| room | what it is | imports of ours |\n|---|---|---|\n")
	if !found {
		t.Fatal("ARCHITECTURE.md has no table of rooms")
	}
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 {
			break
		}
		r := row{words: strings.TrimSpace(cells[3])}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			r.rooms = append(r.rooms, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[3], -1) {
			r.allowed = append(r.allowed, m[1])
		}
		rows = append(rows, r)
	}
	return rows
}

// matches reports whether a package is the room of a name as the table writes
// it: internal/ and internal/providers/ may be left out, and a room that is no
// row of its own belongs to the one above it.
func matches(pkg, name string) bool {
	for _, prefix := range []string{"", "internal/", "internal/providers/", "internal/stow/"} {
		full := prefix + name
		if all, wild := strings.CutSuffix(full, "/*"); wild {
			if strings.HasPrefix(pkg, all+"/") {
				return true
			}
		} else if pkg == full {
			return true
		}
	}
	return false
}

// TestArrows compares the table of rooms with the imports.
func TestArrows(t *testing.T) {
	rows, all := table(t), imports(t)
	for pkg, ours := range all {
		if pkg == "examples" || pkg == "packaging" {
			continue // tests alone
		}
		r, ok := find(rows, pkg)
		if !ok {
			t.Errorf("%s is in no row of ARCHITECTURE.md's table", pkg)
			continue
		}
		for _, i := range ours {
			switch {
			case r.words == "everything", strings.HasPrefix(i, pkg+"/"), sameRoom(r, i):
			case !slices.ContainsFunc(r.allowed, func(name string) bool { return matches(i, name) }):
				t.Errorf("%s imports %s, and ARCHITECTURE.md does not say so", pkg, i)
			}
		}
	}
	for _, r := range rows {
		for _, name := range r.rooms {
			if !slices.ContainsFunc(keys(all), func(pkg string) bool { return matches(pkg, name) }) {
				t.Errorf("ARCHITECTURE.md tells of a room %s, and there is none", name)
			}
		}
	}
}

// TestSmallProgram holds stow2 to the standard library and golang.org/x/sys: what
// else it linked would be set up at each of its starts, which take a millisecond.
func TestSmallProgram(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./cmd/stow2")
	cmd.Dir, cmd.Stderr = root(t), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(pkg, module) && !strings.HasPrefix(pkg, "golang.org/x/sys/") {
			t.Errorf("stow2 is built with %s", pkg)
		}
	}
}

// TestPackagerIsElsewhere keeps nfpm out of converge, of which it would be a
// third: one room imports it, for the program converge-pkg.
func TestPackagerIsElsewhere(t *testing.T) {
	const nfpm = "github.com/goreleaser/nfpm/"
	for _, s := range sources(t) {
		if strings.Contains(string(s.text), `"`+nfpm) && !s.isIn("internal/pack") && !s.isTest() {
			t.Errorf("%s imports nfpm: only internal/pack does", s.name)
		}
	}
	for _, program := range []string{"./cmd/converge", "./cmd/stow2"} {
		cmd := exec.Command("go", "list", "-deps", program)
		cmd.Dir, cmd.Stderr = root(t), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), nfpm) {
			t.Errorf("%s is linked with nfpm", program)
		}
	}
}

// find is the row of a package: its own, or that of the room around it.
func find(rows []row, pkg string) (row, bool) {
	for at := pkg; at != "." && at != "internal"; at = filepath.Dir(at) {
		for _, wild := range []bool{false, true} {
			for _, r := range rows {
				for _, name := range r.rooms {
					if strings.HasSuffix(name, "/*") == wild && matches(at, name) {
						return r, true
					}
				}
			}
		}
	}
	return row{}, false
}

func sameRoom(r row, pkg string) bool {
	return slices.ContainsFunc(r.rooms, func(name string) bool { return matches(pkg, name) })
}

func keys(m map[string][]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
