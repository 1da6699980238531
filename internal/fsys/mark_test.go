package fsys_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"converge/internal/fsys"
)

// What a killed run held while its changes were on trial is restored, unless another entry has replaced it. Released
// entries stay as they are.
func TestHeldComesBack(t *testing.T) {
	const old = "/d d755|/d/f 640 old|/d/l -> old"
	for _, c := range []struct {
		summary, steps string
		placed         bool // killed after that
		after          func(dir string) error
		want           string
	}{
		{summary: "a file", steps: "file /d/f 600 new", placed: true},
		{summary: "a new file", steps: "file /d/n 600 new", placed: true},
		{summary: "a link", steps: "link /d/l new", placed: true},
		{summary: "a removal", steps: "remove /d/f", placed: true},
		{summary: "all of them", steps: "file /d/f 600 new;file /d/n 600 new;remove /d/l", placed: true},
		{summary: "killed before it was made", steps: "file /d/f 600 new"},
		{
			"replaced since", "file /d/f 600 new", true,
			func(d string) error {
				return errors.Join(os.WriteFile(d+"/x", []byte("mine"), 0o600), os.Rename(d+"/x", d+"/f"))
			}, "/d d755|/d/f 600 mine|/d/l -> old",
		},
		{
			"edited since", "file /d/f 600 new", true,
			func(d string) error { return os.WriteFile(d+"/f", []byte("edited"), 0o600) }, "/d d755|/d/f 600 edited|/d/l -> old",
		},
		{
			"where users own single entries", "file /d/f 600 new", true,
			func(d string) error { return os.Chmod(d, 0o755|os.ModeSticky) }, "/d d755|/d/f 600 new|/d/l -> old",
		},
	} {
		t.Run(c.summary, func(t *testing.T) {
			root := t.TempDir()
			d := root + "/d"
			if err := errors.Join(os.Mkdir(d, 0o755), os.WriteFile(d+"/f", []byte("old"), 0o640), os.Symlink("old", d+"/l")); err != nil {
				t.Fatal(err)
			}
			f := open(t, root)
			x := f.Begin("run")
			for line := range strings.SplitSeq(c.steps, ";") {
				if _, err := x.HoldOld(stageLine(t, x, line, nil)); err != nil {
					t.Fatal(err)
				}
			}
			want := old
			if c.placed {
				if err := x.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if c.after != nil {
				want = c.want
				if err := c.after(d); err != nil {
					t.Fatal(err)
				}
			}
			if !c.placed {
				x.Abort()
			}
			if _, err := f.Sweep(t.Context(), []string{"/d"}); err != nil {
				t.Error(err)
			}
			if got := whole(t, root); got != want {
				t.Errorf("there is:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// After everything is released, no marks are left, and nothing is restored.
func TestHeldIsLetGoOf(t *testing.T) {
	root := t.TempDir()
	lay(t, root, "f f old")
	f := open(t, root)
	x := f.Begin("run")
	var held []*fsys.Old
	for _, line := range []string{"file /f 600 new", "file /n 600 new"} {
		o, err := x.HoldOld(stageLine(t, x, line, nil))
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, o)
	}
	if err := x.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	for _, o := range held {
		o.Close()
	}
	if removed, err := f.Sweep(t.Context(), []string{"/"}); len(removed) > 0 || err != nil {
		t.Error(removed, err)
	}
	if got := whole(t, root); got != "/f 600 new|/n 600 new" {
		t.Error(got)
	}
}
