package execute_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"converge/internal/fsys"
	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/stowtest"
)

// drawTree draws a tree of directories and links in the format of stowtest.Build.
func drawTree(t *rapid.T, dir string, depth int, lines *strings.Builder) {
	for _, name := range []string{"a", "a-b", "bin", "lib"} {
		path := filepath.Join(dir, name)
		kinds := []string{"", "", "l", "l", "d", "d"}
		if depth == 0 {
			kinds = kinds[:4]
		}
		switch rapid.SampledFrom(kinds).Draw(t, path) {
		case "l":
			lines.WriteString("l " + path + " " + rapid.SampledFrom([]string{"one", "two"}).Draw(t, "text") + "\n")
		case "d":
			lines.WriteString("d " + path + "\n")
			drawTree(t, path, depth-1, lines)
		}
	}
}

// oneByOne carries out operations in the given order, as GNU Stow does.
func oneByOne(t testing.TB, root string, ops []farm.Op) {
	t.Helper()
	for _, op := range ops {
		path := filepath.Join(root, op.Path)
		var err error
		switch op.Kind {
		case farm.Link:
			err = os.Symlink(op.Text, path)
		case farm.Mkdir:
			err = os.Mkdir(path, 0o755)
		case farm.Unlink, farm.Rmdir:
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSameAsOneByOne: for any trees, the result is the same as carrying out the operations one after the other.
func TestSameAsOneByOne(t *testing.T) {
	top := memory(t)
	rapid.Check(t, func(r *rapid.T) {
		var before, after strings.Builder
		drawTree(r, "", 2, &before)
		drawTree(r, "", 2, &after)
		ours, gnus := top+"/ours", top+"/gnus"
		for _, root := range []string{ours, gnus} {
			if err := os.RemoveAll(root); err != nil {
				r.Fatal(err)
			}
			stowtest.Build(t, root, "d t")
			stowtest.Build(t, root+"/t", before.String())
		}
		ops, err := planFor(ours+"/t", parseGoal(after.String()))
		if err != nil {
			r.Fatal(err)
		}
		oneByOne(t, gnus+"/t", ops)
		d, err := fsys.OpenDirAt(ours + "/t")
		if err != nil {
			r.Fatal(err)
		}
		defer d.Close()
		o := execute.Options{RequireAtomic: rapid.Bool().Draw(r, "atomic")}
		if !o.RequireAtomic && rapid.Bool().Draw(r, "no exchange") {
			o = execute.WithoutExchange(o)
		}
		if err := execute.Run(t.Context(), d, ops, o); err != nil {
			r.Fatalf("%v: %v", ops, err)
		}
		if diff := stowtest.Differences(stowtest.Tree(t, ours), stowtest.Tree(t, gnus)); len(diff) > 0 {
			r.Fatalf("%v:\n%s", ops, strings.Join(diff, "\n"))
		}
	})
}
