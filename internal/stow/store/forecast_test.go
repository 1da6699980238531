package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

// frameOf returns the frame of a command line's plan.
func frameOf(t *testing.T, w *storetest.World, line string) store.Frame {
	t.Helper()
	var frame store.Frame
	c := w.Parse(line)
	c.Settings.Plan = func(_ context.Context, f store.Frame, _ farm.Request) (farm.Plan, error) {
		frame = f
		return farm.Plan{}, nil
	}
	s := w.Open(c)
	defer s.Close()
	if _, err := s.Plan(t.Context(), c.Changes, c.Options); err != nil {
		t.Fatal(err)
	}
	return frame
}

// strangers are the rules of a stow directory without the protocol.
type strangers struct{}

func (strangers) Owner(string) (farm.Image, bool, error) {
	return farm.Image{Package: "inner"}, true, nil
}
func (strangers) Relation(_, _ farm.Image) farm.Relation { return farm.Strangers }
func (strangers) Cover(farm.Image) (farm.Image, bool)    { return farm.Image{}, false }

// The owner of a link of the target, by its target.
func TestOwner(t *testing.T) {
	w := storetest.New(t, foo+stowed1+"\nusr/stow/naive/bin/n = n")
	rules := frameOf(t, w, "--relocate-from=/usr/old foo/1.0").Rules(strangers{})
	for _, c := range []struct{ dest, want string }{
		{"stow/foo/1.0/bin/foo", "stow/foo 1.0"},
		{"stow/foo/1.0", "stow/foo 1.0"},
		{"stow/foo/::1/bin", "stow/foo ::1"},
		{"stow/foo/:config/etc/c", "stow/foo :config"},
		{"stow/foo/:installed/bin/foo", "none"}, // a person's own
		{"stow/foo/:control/debian", "none"},
		{"stow/foo", "stow foo"},
		{"stow/naive/bin/n", "stow naive"},
		{"stow/gone/bin/n", "stow gone"},
		{"stow", "none"},
		{"old/foo/1.0/bin/foo", "old/foo 1.0"},
		{"stow2/foo/1.0", " inner"},
		{"../stow/foo/1.0", " inner"},
	} {
		img, ours, err := rules.Owner(c.dest)
		got := img.Stow + " " + img.Package
		if !ours {
			got = "none"
		}
		if err != nil || got != c.want {
			t.Errorf("%s belongs to %q, %v, want %q", c.dest, got, err, c.want)
		}
	}
}

// The relation of two images that have the same path, and which part covers which.
func TestRelation(t *testing.T) {
	w := storetest.New(t, foo+stowed1)
	rules := frameOf(t, w, "--relocate-from=/usr/old foo/1.0").Rules(strangers{})
	img := func(text string) farm.Image {
		at, part, _ := strings.Cut(text, " ")
		return farm.Image{Stow: at, Package: part}
	}
	for _, c := range []struct {
		is, was string
		want    farm.Relation
	}{
		{"stow/foo 2.0", "stow/foo 1.0", farm.Replaces},
		{"stow/foo 1.0", "stow/foo 1.0", farm.Replaces},
		{"stow/foo :config", "stow/foo 1.0", farm.Covers},
		{"stow/foo 1.0", "stow/foo :config", farm.Yields},
		{"stow/foo :config", "stow/foo :config", farm.Replaces},
		{"stow/foo 1.0", "stow/bar 1.0", farm.Strangers},
		{"stow/foo 1.0", "stow bar", farm.Strangers},
		{"stow bar", "stow/foo 1.0", farm.Strangers},
		{"stow/foo 1.0", "old/foo 1.0", farm.Replaces}, // moved
		{"stow/foo 2.0", "old/foo 1.0", farm.Replaces},
		{"stow bar", "old bar", farm.Replaces},
		{"stow bar", "old baz", farm.Strangers},
		{"other foo", "stow/foo 1.0", farm.Strangers},
	} {
		if got := rules.Relation(img(c.is), img(c.was)); got != c.want {
			t.Errorf("%s to %s: %v, want %v", c.is, c.was, got, c.want)
		}
	}
	for image, want := range map[string]string{
		"stow/foo 1.0": "stow/foo :config", "stow/foo :config": "", "stow bar": "", "other/foo 1.0": "",
	} {
		cover, ok := rules.(interface {
			Cover(farm.Image) (farm.Image, bool)
		}).Cover(img(image))
		if got := strings.TrimSpace(cover.Stow + " " + cover.Package); got != want || ok != (want != "") {
			t.Errorf("%s is covered by %q, want %q", image, got, want)
		}
	}
}

// The guard's arguments, and that nothing is done if it refuses.
func TestGuard(t *testing.T) {
	const bar = "\nusr/stow/bar/1/share/b = b\nusr/stow/bar/:installed -> 1\nusr/share -> stow/bar/1/share"
	for _, c := range []struct{ name, before, cmd, asked string }{
		{"a first version", foo, "foo/1.0", ""},
		{"the version that is shown", foo + stowed1, "foo/1.0", ""},
		{"a switch", foo + stowed1 + bar, "foo/2.0", "foo 1.0>2.0; bar 1, foo 2.0"},
		{"an unstow", foo + stowed1 + bar, "-D foo", "foo 1.0>; bar 1"},
		{"both", foo + stowed1 + bar, "-D bar -S foo/2.0", "bar 1>, foo 1.0>2.0; foo 2.0"},
		{":config", config + stowed1, "foo/:config", ""},
		{"a naive package", foo + "\nusr/stow/n-1/x = x\nusr/x -> stow/n-1/x", "-D n-1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, c.before)
			cmd := w.Parse(c.cmd)
			asked := ""
			errRefused := errors.New("refused")
			cmd.Settings.Guard = func(_ context.Context, switches []store.Switch, shown map[string]string) error {
				var what, with []string
				for _, s := range switches {
					what = append(what, s.Package+" "+s.From+">"+s.To)
				}
				for foo, v := range shown {
					with = append(with, foo+" "+v)
				}
				slices.Sort(what)
				slices.Sort(with)
				asked = strings.Join(what, ", ") + "; " + strings.Join(with, ", ")
				return errRefused
			}
			s := w.Open(cmd)
			defer s.Close()
			before := w.Show()
			_, planErr := s.Plan(t.Context(), cmd.Changes, cmd.Options)
			if asked != c.asked || errors.Is(planErr, errRefused) != (c.asked != "") {
				t.Errorf("asked to plan %q, want %q (%v)", asked, c.asked, planErr)
			}
			_, err := s.Apply(t.Context(), cmd.Changes, cmd.Options)
			if asked != c.asked || errors.Is(err, errRefused) != (c.asked != "") {
				t.Errorf("asked %q, want %q (%v)", asked, c.asked, err)
			}
			if got := w.Show(); c.asked != "" && got != before {
				t.Errorf("refused, and left\n%s\nof\n%s", got, before)
			}
		})
	}
}

// What the former holder can learn, and forget, after a package was taken from it.
func TestForced(t *testing.T) {
	for _, c := range []struct {
		name, before, cmd string
		want              string // version, holder, managers that lost it
	}{
		{"unstowed", held("/sbin/apt"), "--force -D foo", "1.0 /sbin/apt mine=true"},
		{"switched", held("/sbin/apt"), "--force foo/2.0", "1.0 /sbin/apt mine=true"},
		{"another's", held("/sbin/dpkg"), "--force -D foo", "1.0 /sbin/dpkg mine=false"},
		{"never stowed", foo + "\nusr/stow/foo/:managed-by -> /sbin/apt", "--force -R foo/1.0", " /sbin/apt mine=true"},
		{"not forced", held("../stow2/:installed/bin/stow2"), "--force -D foo", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := storetest.New(t, c.before)
			if _, err := w.Run(c.cmd); err != nil {
				t.Fatal(err)
			}
			s := w.Open(w.Parse("--as=/sbin/apt"))
			defer s.Close()
			f, ok, err := s.Forced("foo")
			got := fmt.Sprintf("%s %s mine=%v", f.Version, f.Holder, f.Mine)
			if err != nil || ok != (c.want != "") || ok && (got != c.want || f.At.Unix() != 1316639820) {
				t.Errorf("Forced = %s, %v, %v, %v, want %s", got, f.At, ok, err, c.want)
			}
			for range 2 {
				if err := s.ForgetForced("foo"); err != nil {
					t.Error(err)
				}
			}
			if _, ok, err := s.Forced("foo"); ok || err != nil {
				t.Errorf("forgotten: %v, %v", ok, err)
			}
		})
	}
}

func TestMine(t *testing.T) {
	for holder, want := range map[string]bool{"/sbin/apt": true, "/sbin/dpkg": false} {
		s := storetest.New(t, held(holder))
		st := s.Open(s.Parse("--as=/sbin/apt"))
		for foo, want := range map[string]bool{"foo": want, "pm": false, "none": false} {
			if got, err := st.Mine(foo); got != want || err != nil {
				t.Errorf("%s, held by %s: %v, %v", foo, holder, got, err)
			}
		}
		st.Close()
	}
}

// A change is finished with the options with which it was started, for any kill, and they are removed afterwards.
func TestOptionsOutliveAKill(t *testing.T) {
	for at := 0; ; at++ {
		w := storetest.New(t, foo+"\nusr/bin/own = x")
		w.Naps = at
		c := w.Parse("foo/1.0")
		c.Settings.Options = "--no-folding"
		s := w.Open(c)
		_, err := s.Apply(t.Context(), c.Changes, c.Options)
		s.Close()
		w.Naps = -1
		began := strings.Contains(w.Show(), "usr/stow/foo/:stowing")
		c = w.Parse("--recover")
		planned := []string{}
		inner := c.Settings.Plan
		c.Settings.Plan = func(ctx context.Context, f store.Frame, q farm.Request) (farm.Plan, error) {
			planned = append(planned, f.Options)
			return inner(ctx, f, q)
		}
		s = w.Open(c)
		r, rerr := s.Recover(t.Context(), c.Options)
		s.Close()
		if rerr != nil || began != (len(r.Recovered) > 0) || slices.ContainsFunc(planned, func(o string) bool { return o != "--no-folding" }) {
			t.Errorf("killed after %d: recovered %+v by %q: %v", at, r.Recovered, planned, rerr)
		}
		if err == nil {
			if got := w.Show(); strings.Contains(got, ":options") {
				t.Errorf("left\n%s", got)
			}
			return
		}
		if got := w.Show(); began && strings.Contains(got, ":options") {
			t.Errorf("killed after %d, recovered, left\n%s", at, got)
		}
	}
}

// Which words name versions, and which packages are meant to have them.
func TestMayBeVersion(t *testing.T) {
	w := storetest.New(t, foo+stowed1+`
		usr/stow/bar/1.0/x = 1
		usr/stow/bar/latest -> 1.0
		usr/stow/bar/src/x = x`)
	s := w.Open(w.Parse(""))
	defer s.Close()
	for word, want := range map[string]bool{
		"foo/1.0": true, "foo/anything": true, "foo/:config": true, "foo": true,
		"bar/1.0": true, "bar/9.9": true, "bar/latest": true, "bar/src": false, "none/src": false, "none/1": true,
	} {
		a, err := store.ParseArg(word)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.MayBeVersion(a); got != want || err != nil {
			t.Errorf("%s: %v, %v", word, got, err)
		}
	}
}

// A makefile with a rule for :config is not stowed.
func TestMakefilesAreNotLinked(t *testing.T) {
	const rule = "config:"
	for _, c := range []struct{ name, files, want string }{
		{"with the rule", "usr/stow/foo/3/Makefile = " + rule, "share"},
		{"without it", "usr/stow/foo/3/Makefile = all:", "Makefile share"},
		{"the first that make finds", "usr/stow/foo/3/GNUmakefile = " + rule + "\nusr/stow/foo/3/Makefile = " + rule, "Makefile share"},
		{"below the top", "usr/stow/foo/3/share/Makefile = " + rule, "share"},
		{"of a naive package", "usr/stow/n/Makefile = " + rule, "Makefile"},
	} {
		w := storetest.New(t, "usr/stow/foo/3/share/f = f\n"+c.files)
		cmd := "foo/3"
		if strings.Contains(c.files, "/n/") {
			cmd = "n"
		}
		if _, err := w.Run(cmd); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got []string
		for line := range strings.SplitSeq(w.Show(), "\n") {
			if name, _, link := strings.Cut(strings.TrimPrefix(line, "usr/"), " -> "); link && !strings.Contains(name, "/") {
				got = append(got, name)
			}
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}
