package config_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"converge/internal/stow/config"
	"converge/internal/stow/store/storetest"
)

// Update compares only files that :config has, at any depth, and ignores everything but files. The worlds are below
// usr/stow/foo, and :config is shown.
func TestUpdateOfTrees(t *testing.T) {
	long := strings.Repeat("x", 40<<10) // longer than the comparison's buffer
	for _, c := range []struct{ name, world, from, changes, after string }{
		{"below directories", ":config/a/b/c = 1\n1/a/b/c = 1\n2/a/b/c = 2", "1", "take a/b/c", "a/ a/b/ a/b/c=2"},
		{"what :config has not is not added", ":config/\n1/c = 1\n2/c = 2\n2/new = n", "1", "", ""},
		{"several", ":config/a = mine\n:config/b = 1\n:config/c = 1\n1/a = 1\n1/b = 1\n1/c = 1\n2/a = 2\n2/b = 2", "1", "beside a, take b, discard c", "a=mine a.new=2 b=2"},
		{"a link in :config", ":config/c -> elsewhere\n1/c = 1\n2/c = 2", "1", "", "c->elsewhere"},
		{"a link in the new version", ":config/c = 1\n1/c = 1\n2/c -> d\n2/d = 2", "1", "", "c=1"},
		{"a link in the old version", ":config/c = 1\n1/c -> d\n1/d = 1\n2/c = 2", "1", "", "c=1"},
		{"a directory in the new version", ":config/c = mine\n1/c = 1\n2/c/x = 2", "1", "", "c=mine"},
		{"a file where the directory was", ":config/d/c = 1\n1/d/c = 1\n2/d = 2", "1", "discard d/c", "d/"},
		{"the old version is deleted", ":config/c = 1\n:config/d = 2\n2/c = 2\n2/d = 2", "1", "beside c", "c=1 c.new=2 d=2"},
		{"there was no version before", ":config/c = 1\n2/c = 2", "", "beside c", "c=1 c.new=2"},
		{"a directory is called as what would be beside", ":config/c = mine\n:config/c.new/x = x\n1/c = 1\n2/c = 2", "1", "stand c", "c=mine c.new/ c.new/x=x"},
		{"an update was killed", ":config/c = 1\n:config/a/.:stow2.c = half\n1/c = 1\n2/c = 2", "1", "take c", "a/ c=2"},
		{"an update was killed, and nothing is to be done", ":config/.:stow2.c = half\n:config/c = 2\n1/c = 1\n2/c = 2", "1", "", "c=2"},
		{"files are compared to their ends", ":config/c = " + long + "1\n1/c = " + long + "1\n2/c = " + long + "2", "1", "take c", "c=" + long + "2"},
		{"sizes differ", ":config/c = 1\n1/c = 11\n2/c = 2", "1", "beside c", "c=1 c.new=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, "")
			for line := range strings.Lines(c.world) {
				w.Build("usr/stow/foo/" + line)
			}
			s := open(t, w)
			before := tree(t, w.Root+"/usr/stow/foo")
			for _, do := range []bool{false, true} {
				if got := tree(t, w.Root+"/usr/stow/foo"); got != before {
					t.Errorf("a forecast left %s", got)
				}
				changes, err := config.Update(t.Context(), s, "foo", c.from, "2", do)
				var got []string
				for _, g := range changes {
					got = append(got, string(g.Verdict)+" "+g.Path)
				}
				if text := strings.Join(got, ", "); text != c.changes || err != nil {
					t.Errorf("do %v: got %s, %v\nwant %s", do, text, err, c.changes)
				}
			}
			if got := tree(t, w.Root+"/usr/stow/foo/:config"); got != c.after {
				t.Errorf("left %s\nwant %s", got, c.after)
			}
		})
	}
}

// tree returns a directory as words: "dir/", "file=content", "link->text".
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || p == ".":
			return err
		case e.IsDir():
			out = append(out, p+"/")
		case e.Type() == fs.ModeSymlink:
			text, _ := os.Readlink(dir + "/" + p)
			out = append(out, p+"->"+text)
		default:
			text, _ := os.ReadFile(dir + "/" + p)
			out = append(out, p+"="+string(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func TestUpdateRefuses(t *testing.T) {
	w := storetest.New(t, foo+"\nusr/stow/foo/:config/c = mine")
	s := open(t, w)
	for _, c := range []struct{ pkg, to, want string }{
		{"foo", "9", "does not contain package 9"},
		{"none", "1.0", "does not contain package none"},
		{"..", "1.0", `".." is no package`},
	} {
		if _, err := config.Update(t.Context(), s, c.pkg, "1.0", c.to, true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s/%s: %v, want %s", c.pkg, c.to, err, c.want)
		}
	}
}
