package config_test

import (
	"os"
	"strings"
	"testing"

	"converge/internal/stow/config"
	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

// open opens the store of a world.
func open(t *testing.T, w *storetest.World) *store.Store {
	t.Helper()
	s := w.Open(w.Parse(""))
	t.Cleanup(func() { s.Close() })
	return s
}

// foo is a package of one version.
const foo = "usr/stow/foo/1.0/bin/foo = 1"

// One file in the version before, in :config and in the new version; "-": missing.
func TestUpdate(t *testing.T) {
	for _, c := range []struct{ base, ours, next, verdict, after string }{
		{"a", "a", "b", "take", "c=b"},
		{"a", "a", "a", "", "c=a"},
		{"a", "mine", "b", "beside", "c=mine c.new=b"},
		{"a", "mine", "a", "", "c=mine"},
		{"a", "b", "b", "", "c=b"},
		{"a", "mine", "-", "retire", "c.old=mine"},
		{"a", "a", "-", "discard", ""},
		{"-", "mine", "b", "beside", "c=mine c.new=b"},
		{"-", "mine", "-", "", "c=mine"},
		{"-", "b", "b", "", "c=b"},
		{"a", "-", "b", "", ""},
		{"-", "-", "b", "", ""},
	} {
		var text strings.Builder
		text.WriteString("usr/stow/foo/1/etc/\nusr/stow/foo/2/etc/\nusr/stow/foo/:config/etc/\n")
		for dir, contents := range map[string]string{"1": c.base, ":config": c.ours, "2": c.next} {
			if contents != "-" {
				text.WriteString("usr/stow/foo/" + dir + "/etc/c = " + contents + "\n")
			}
		}
		w := storetest.New(t, text.String())
		s := open(t, w)
		for _, do := range []bool{false, true} {
			got, err := config.Update(t.Context(), s, "foo", "1", "2", do)
			verdict := ""
			for _, g := range got {
				verdict += string(g.Verdict)
			}
			if err != nil || verdict != c.verdict {
				t.Errorf("%v: %v, %v", c, got, err)
			}
		}
		if got := files(w, "usr/stow/foo/:config/etc"); got != c.after {
			t.Errorf("%v: left %s", c, got)
		}
		if got, err := config.Update(t.Context(), s, "foo", "1", "2", true); len(got) > 0 || err != nil {
			t.Errorf("%v: once more: %v, %v", c, got, err)
		}
	}
}

// A user's file under the name that an update would write stays.
func TestUpdateWritesOverNoEdit(t *testing.T) {
	for _, c := range []struct{ base, beside, next, verdict, after string }{
		{"a", "c.new = edited", "b", "stand", "c=mine c.new=edited"},
		{"a", "c.new = a", "b", "beside", "c=mine c.new=b"},
		{"a", "c.new = b", "b", "", "c=mine c.new=b"},
		{"-", "c.new = edited", "b", "stand", "c=mine c.new=edited"},
		{"a", "c.old = older", "-", "stand", "c=mine c.old=older"},
		{"a", "c.old = mine", "-", "retire", "c.old=mine"},
	} {
		text := "usr/stow/foo/2/etc/\nusr/stow/foo/:config/etc/c = mine\nusr/stow/foo/:config/etc/" + c.beside
		if c.base != "-" {
			text += "\nusr/stow/foo/1/etc/c = " + c.base
		}
		if c.next != "-" {
			text += "\nusr/stow/foo/2/etc/c = " + c.next
		}
		w := storetest.New(t, text)
		s := open(t, w)
		got, err := config.Update(t.Context(), s, "foo", "1", "2", true)
		verdict := ""
		for _, g := range got {
			verdict += string(g.Verdict)
		}
		if err != nil || verdict != c.verdict {
			t.Errorf("%v: %v, %v", c, got, err)
		}
		if got := files(w, "usr/stow/foo/:config/etc"); got != c.after {
			t.Errorf("%v: left %s", c, got)
		}
	}
}

func TestUpdateKeepsTheMode(t *testing.T) {
	w := storetest.New(t, "usr/stow/foo/1/c = a\nusr/stow/foo/2/c = b\nusr/stow/foo/:config/c = a")
	p := w.Root + "/usr/stow/foo/:config/c"
	if err := os.Chmod(p, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, w)
	if _, err := config.Update(t.Context(), s, "foo", "1", "2", true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// files returns a directory as "name=contents" words.
func files(w *storetest.World, dir string) string {
	list, err := os.ReadDir(w.Root + "/" + dir)
	if err != nil {
		w.T.Fatal(err)
	}
	var out []string
	for _, e := range list {
		text, _ := os.ReadFile(w.Root + "/" + dir + "/" + e.Name())
		out = append(out, e.Name()+"="+string(text))
	}
	return strings.Join(out, " ")
}

func TestEnsure(t *testing.T) {
	w := storetest.New(t, foo)
	s := open(t, w)
	for _, want := range []bool{true, false} {
		if made, err := config.Ensure(t.Context(), s, "foo"); made != want || err != nil {
			t.Errorf("Ensure = %v, %v", made, err)
		}
	}
	if got, want := w.Show(), "usr/stow/foo/1.0/\nusr/stow/foo/:config/"; got != want {
		t.Errorf("left\n%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"none", "..", ":config", ""} {
		if made, err := config.Ensure(t.Context(), s, bad); made || err == nil {
			t.Errorf("Ensure(%q) = %v, %v", bad, made, err)
		}
	}
}
