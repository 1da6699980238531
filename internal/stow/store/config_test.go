package store_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"converge/internal/stow/store"
)

func TestConfigCommands(t *testing.T) {
	const both = foo + `
		usr/stow/foo/1.0/etc/c = default
		usr/stow/foo/1.0/etc/d = default
		usr/stow/foo/:config/etc/c = mine`
	const both1 = stowed1 + "\nusr/etc -> stow/foo/1.0/etc"
	for _, c := range []struct{ name, before, cmd, after string }{
		{
			"over a version", both + both1, "foo/:config",
			"!usr/etc -> stow/foo/1.0/etc\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d",
		},
		{
			"away again", both + stowed1 + "\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d", "-D foo/:config",
			"!usr/etc/c -> ../stow/foo/:config/etc/c\n!usr/etc/d -> ../stow/foo/1.0/etc/d\nusr/etc -> stow/foo/1.0/etc",
		},
		{
			"a version below it", both + "\nusr/etc -> stow/foo/:config/etc", "foo/1.0",
			stowed1 + "\n!usr/etc -> stow/foo/:config/etc\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d",
		},
		{
			"it stays when its version goes", both + stowed1 + "\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d", "-D foo",
			remove(stowed1) + "!usr/etc/c -> ../stow/foo/:config/etc/c\n!usr/etc/d -> ../stow/foo/1.0/etc/d\nusr/etc -> stow/foo/:config/etc",
		},
		{
			"both at once", both, "foo/1.0 foo/:config",
			stowed1 + "\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d",
		},
		{
			"neither any more", both + stowed1 + "\nusr/etc/c -> ../stow/foo/:config/etc/c\nusr/etc/d -> ../stow/foo/1.0/etc/d", "-D foo/:config foo",
			remove(stowed1) + "!usr/etc/c -> ../stow/foo/:config/etc/c\n!usr/etc/d -> ../stow/foo/1.0/etc/d",
		},
		{"nothing to do", both + stowed1 + "\nusr/etc/c -> ../stow/foo/:config/etc/c", "foo/:config", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.before)
			before := w.show()
			plan, err := w.run("-n " + c.cmd)
			if err != nil {
				t.Error(err)
			}
			done, err := w.run(c.cmd)
			if err != nil {
				t.Error(err)
			}
			if plan.Counts() != done.Counts() {
				t.Errorf("planned %+v, done %+v", plan.Counts(), done.Counts())
			}
			if strings.HasPrefix(c.name, "neither") && plan.Counts() != (store.Counts{Removed: 3}) {
				t.Errorf("planned %+v", plan.Counts())
			}
			if got, want := w.show(), want(before, c.after); got != want {
				t.Errorf("left\n%s\n\nwant\n%s", got, want)
			}
			again(t, w, c.cmd, 0)
		})
	}
}

// One file in the version before, in :config and in the new version; "-" is
// none.
func TestConfigUpdate(t *testing.T) {
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
		w := newWorld(t, text.String())
		s := w.open(w.parse(""))
		defer s.Close()
		for _, do := range []bool{false, true} {
			got, err := s.UpdateConfig(context.Background(), "foo", "1", "2", do)
			verdict := ""
			for _, g := range got {
				verdict += g.Verdict.String()
			}
			if err != nil || verdict != c.verdict {
				t.Errorf("%v: %v, %v", c, got, err)
			}
		}
		if got := w.files("usr/stow/foo/:config/etc"); got != c.after {
			t.Errorf("%v: left %s", c, got)
		}
		if got, err := s.UpdateConfig(context.Background(), "foo", "1", "2", true); len(got) > 0 || err != nil {
			t.Errorf("%v: once more: %v, %v", c, got, err)
		}
	}
}

// What a person has under the name of what is to be beside a file stays.
func TestConfigUpdateWritesOverNoEdit(t *testing.T) {
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
		w := newWorld(t, text)
		s := w.open(w.parse(""))
		defer s.Close()
		got, err := s.UpdateConfig(context.Background(), "foo", "1", "2", true)
		verdict := ""
		for _, g := range got {
			verdict += g.Verdict.String()
		}
		if err != nil || verdict != c.verdict {
			t.Errorf("%v: %v, %v", c, got, err)
		}
		if got := w.files("usr/stow/foo/:config/etc"); got != c.after {
			t.Errorf("%v: left %s", c, got)
		}
	}
}

func TestConfigKeepsItsMode(t *testing.T) {
	w := newWorld(t, "usr/stow/foo/1/c = a\nusr/stow/foo/2/c = b\nusr/stow/foo/:config/c = a")
	p := w.root + "/usr/stow/foo/:config/c"
	if err := os.Chmod(p, 0o600); err != nil {
		t.Fatal(err)
	}
	s := w.open(w.parse(""))
	defer s.Close()
	if _, err := s.UpdateConfig(context.Background(), "foo", "1", "2", true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// files is a directory as "name=contents" words.
func (w *world) files(dir string) string {
	list, err := os.ReadDir(w.root + "/" + dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		text, _ := os.ReadFile(w.root + "/" + dir + "/" + e.Name())
		out = append(out, e.Name()+"="+string(text))
	}
	return strings.Join(out, " ")
}

func TestConfigIsMadeAndRemoved(t *testing.T) {
	w := newWorld(t, foo)
	s := w.open(w.parse(""))
	defer s.Close()
	ctx := context.Background()
	for _, want := range []bool{true, false} {
		if made, err := s.EnsureConfig(ctx, "foo"); made != want || err != nil {
			t.Errorf("EnsureConfig = %v, %v", made, err)
		}
	}
	w.build("usr/stow/foo/:config/etc/c = mine")
	if _, err := w.run("foo/:config"); err != nil {
		t.Fatal(err)
	}
	c := w.parse("")
	if err := s.RemoveConfig(ctx, "foo", c.options); err != nil {
		t.Fatal(err)
	}
	if got, want := w.show(), lines("usr/stow/foo/1.0/\nusr/stow/foo/2.0/\nusr/stow/stow2/2.1/bin/stow2"); got+"\nusr/stow/stow2/2.1/bin/stow2" != want {
		t.Errorf("left\n%s\nwant\n%s", got, want)
	}
}

func TestMakeConfig(t *testing.T) {
	for makefile, want := range map[string]string{
		"config:\n\t@echo $(CONFIG_DIR)\n":             "made",
		"all config install:\n\t@echo $(CONFIG_DIR)\n": "made",
		"config::\n\t@echo $(CONFIG_DIR)\n":            "made",
		"config := x\nall:\n\t@echo no\n":              "none",
		"# config:\nall:\n\t@config:\n":                "none",
		"config:\n\t@false\n":                          "failed",
	} {
		w := newWorld(t, foo)
		if err := os.WriteFile(w.root+"/usr/stow/foo/1.0/Makefile", []byte(makefile), 0o644); err != nil {
			t.Fatal(err)
		}
		s := w.open(w.parse(""))
		var out bytes.Buffer
		ran, err := s.MakeConfig(context.Background(), "foo", "1.0", &out)
		s.Close()
		got := "none"
		switch {
		case err != nil:
			got = "failed"
		case ran && strings.Contains(out.String(), w.root+"/usr/stow/foo/:config"):
			got = "made"
		}
		if got != want {
			t.Errorf("%q: %s, %v, %s", makefile, got, err, out.String())
		}
	}
}
