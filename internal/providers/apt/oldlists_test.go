package apt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
)

// apt-get update ends with 0 if no server can be reached, and goes by the lists that are in its folder. In
// the private folder of a plan these are those of the machine; what was fetched comes first.
func TestPlanWithoutANetworkGoesByTheOldLists(t *testing.T) {
	const away = "W: Failed to fetch http://x/dists/y/InRelease  Temporary failure resolving 'x'\nW: " + someFailed + ". They have been ignored, or old ones used instead.\n"
	for name, tt := range map[string]struct {
		said string
		want string
	}{
		"not reached": {away, "x_InRelease x_Packages.lz4"},
		"reached":     {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := fakeRoot(t, "Package: dpkg\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
			for _, list := range []string{"x_InRelease", "x_Packages.lz4", "lock"} {
				if err := os.WriteFile(root+listsDir+"/"+list, []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p := fakeProvider(t, root, &script{t: t, steps: []step{{starts: "apt-get -q", res: tool.Result{Stderr: tt.said}}}})
			l, remove, err := p.fetchPrivately(t.Context(), nil, true)
			if err != nil {
				t.Fatal(err)
			}
			defer remove()
			if lacks := l.lacking != nil; lacks != (tt.said != "") {
				t.Errorf("lacking: %v", l.lacking)
			}
			if got := privateNames(t, root, l); got != tt.want {
				t.Errorf("the lists are %q, want %q", got, tt.want)
			}
		})
	}
}

// What was fetched is not joined by an older copy of it that is compressed.
func TestFetchedListsComeFirst(t *testing.T) {
	root := fakeRoot(t, "")
	dir := filepath.Join(root, "own")
	for _, name := range []string{root + listsDir + "/x_Packages.lz4", root + listsDir + "/y_Packages.lz4", dir + "/lists/x_Packages"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := fakeProvider(t, root, &script{t: t})
	if err := borrowLists(p.Tree, dir); err != nil {
		t.Fatal(err)
	}
	if got := namesIn(t, dir+"/lists"); got != "x_Packages y_Packages.lz4" {
		t.Error(got)
	}
}

// privateNames returns the names of the files in the folder of lists that options name.
func privateNames(t *testing.T, root string, l lists) string {
	t.Helper()
	for _, o := range l.options {
		if dir, ok := strings.CutPrefix(o, "Dir::State::lists="); ok {
			return namesIn(t, root+dir)
		}
	}
	t.Fatalf("no folder in %q", l.options)
	return ""
}

func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}
