package views_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
	"converge/internal/stow/views"
)

// Uses lists every target that shows a version, and the unreadable views.
func TestUses(t *testing.T) {
	const registered = "\nusr/stow/:views/HASH -> $ROOT/view"
	for _, c := range []struct{ name, world, of, want string }{
		{"nothing is stowed", foo, "", ""},
		{"its own target", foo + stowed1, "", "foo/1.0: installed"},
		{"another package is asked for", foo + stowed1, "stow2", ""},
		{"a switch was interrupted", foo + stowed1 + "\nusr/stow/foo/:stowing -> 2.0", "", "foo/1.0: installed, foo/2.0: installed, being stowed"},
		{"an unstowing was interrupted", foo + stowed1 + "\nusr/stow/foo/:stowing -> :nothing", "", "foo/1.0: installed"},
		{"the version is deleted", stowed1, "", "foo/1.0: installed"},
		{"a view", foo + "\nview/.stow2/foo/:installed -> ../../../usr/stow/foo/2.0" + registered, "", "foo/2.0: /view"},
		{"a view of another store", foo + "\nview/.stow2/foo/:installed -> ../../../opt/stow/foo/2.0" + registered, "", ""},
		{
			"generations", foo + "\nview/:gen/1/.stow2/foo/:installed -> ../../../../../usr/stow/foo/1.0\n" +
				"view/:gen/2/.stow2/foo/:installed -> ../../../../../usr/stow/foo/2.0\nview/:gen/x/\nview/current -> :gen/2" + registered,
			"foo", "foo/1.0: /view/:gen/1, foo/2.0: /view/:gen/2",
		},
		{"a view that shows nothing", foo + "\nview/.stow2/" + registered, "", ""},
		{"an empty mount point", foo + "\nview/" + registered, "", "unseen: /view"},
		{"a view that is not there", foo + registered, "", "unseen: /view"},
		{"a stow directory has files, too", foo + "\nusr/stow/README = x", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.world)
			s := w.Open(w.Parse(""))
			defer s.Close()
			before := w.Show()
			uses, unseen, err := views.Uses(t.Context(), s, c.of)
			var got []string
			for _, u := range uses {
				got = append(got, fmt.Sprintf("%s/%s: %s", u.Package, u.Version, strings.TrimPrefix(u.String(), w.Root)))
			}
			for _, view := range unseen {
				got = append(got, "unseen: "+strings.TrimPrefix(view, w.Root))
			}
			if text := strings.Join(got, ", "); text != c.want || err != nil {
				t.Errorf("got %s, %v\nwant %s", text, err, c.want)
			}
			if after := w.Show(); after != before {
				t.Errorf("left\n%s", after)
			}
		})
	}
}

// newWorld makes a world in which view is registered if there is a :views/HASH.
func newWorld(t *testing.T, text string) *storetest.World {
	t.Helper()
	w := storetest.New(t, "")
	sum := sha256.Sum256([]byte(w.Root + "/view"))
	w.Build(strings.ReplaceAll(text, "HASH", hex.EncodeToString(sum[:8])))
	return w
}

// The next command on a view finishes what a killed one left among its generations.
func TestRepair(t *testing.T) {
	for _, c := range []struct{ name, left, want string }{
		{"nothing", "view/:gen/1/a = 1\nview/current -> :gen/1", "view/:gen/1/a\nview/current -> :gen/1"},
		{
			"a generation was to be shown", "view/:gen/1/a = 1\nview/:gen/2/a = 2\nview/:gen/:current -> :gen/2\nview/current -> :gen/1",
			"view/:gen/1/a\nview/:gen/2/a\nview/current -> :gen/2",
		},
		{
			"the first one was to be shown", "view/:gen/1/a = 1\nview/:gen/:current -> :gen/1",
			"view/:gen/1/a\nview/current -> :gen/1",
		},
		{
			"it was never finished", "view/:gen/1/a = 1\nview/:gen/:new/a = 2\nview/:gen/:current -> :gen/2\nview/current -> :gen/1",
			"view/:gen/1/a\nview/current -> :gen/1",
		},
		{
			"one was being made, or deleted", "view/:gen/1/a = 1\nview/:gen/:new/deep/a = 2\nview/:gen/:new/b -> ../1/a\nview/current -> :gen/1",
			"view/:gen/1/a\nview/current -> :gen/1",
		},
	} {
		w := storetest.New(t, c.left)
		s := w.Open(w.Parse("-t=/view"))
		for range 2 {
			pruned, err := views.GenerationsOf(s).Prune(t.Context(), 9)
			if got := w.Show(); got != c.want || err != nil || pruned != nil {
				t.Errorf("%s: %v, %v, left\n%s\nwant\n%s", c.name, pruned, err, got, c.want)
			}
		}
		s.Close()
	}
}

// An entry called current that is not a link to a generation is neither read nor replaced.
func TestCurrentMeansSomethingElse(t *testing.T) {
	for _, current := range []string{"view/current/x = x", "view/current = x", "view/current -> elsewhere", "view/current -> :gen/01", "view/current -> :gen/x"} {
		w := storetest.New(t, foo+"\nview/:gen/1/a = 1\n"+current)
		before := w.Show()
		s := w.Open(w.Parse("-t=/view"))
		g := views.GenerationsOf(s)
		_, _, listed := g.List()
		for what, err := range map[string]error{"List": listed, "Show": g.Show(t.Context(), 1)} {
			if err == nil || !strings.Contains(err.Error(), "cannot tell what "+w.Root+"/view/current means") {
				t.Errorf("%s: %s: %v", current, what, err)
			}
		}
		if got := w.Show(); got != before {
			t.Errorf("%s: left\n%s", current, got)
		}
		s.Close()
	}
}

// Prune keeps the newest generations and the shown one.
func TestPrune(t *testing.T) {
	for _, c := range []struct {
		shown  int
		keep   int
		pruned []views.Generation
	}{
		{4, 9, nil},
		{4, 4, nil},
		{4, 2, []views.Generation{1, 2}},
		{2, 2, []views.Generation{1}},
		{1, 1, []views.Generation{2, 3}},
		{3, 0, []views.Generation{1, 2, 4}},
	} {
		text := fmt.Sprintf("view/current -> :gen/%d", c.shown)
		for n := range 4 {
			text += fmt.Sprintf("\nview/:gen/%d/a = x", n+1)
		}
		w := storetest.New(t, text)
		s := w.Open(w.Parse("-t=/view"))
		g := views.GenerationsOf(s)
		pruned, err := g.Prune(t.Context(), c.keep)
		all, now, lerr := g.List()
		if err != nil || lerr != nil || !slices.Equal(pruned, c.pruned) || int(now) != c.shown || len(all)+len(pruned) != 4 {
			t.Errorf("%d is shown, %d are kept: removed %v, left %v, %v, %v", c.shown, c.keep, pruned, all, err, lerr)
		}
		s.Close()
	}
}

// RemoveVersion deletes one tree, or one link to one, and nothing else.
func TestRemoveVersionLeavesTheRest(t *testing.T) {
	const rest = `usr/stow/foo/:control/debian/1.0
usr/stow/foo/:config/
`
	const world = `usr/stow/foo/1.0/bin/foo = 1
		usr/stow/foo/1.0/own -> ../2.0/bin
		usr/stow/foo/2.0/bin/foo = 2
		usr/stow/foo/latest -> 2.0
		usr/stow/foo/:config/etc/c = mine
		usr/stow/foo/:removing.0.9/x = half gone
		usr/stow/foo/:control/debian/1.0 = c`
	for version, want := range map[string]string{
		"1.0":    rest + "usr/stow/foo/2.0/\nusr/stow/foo/latest -> 2.0\n",
		"2.0":    rest + "usr/stow/foo/1.0/\nusr/stow/foo/latest -> 2.0\n",
		"latest": rest + "usr/stow/foo/1.0/\nusr/stow/foo/2.0/\n",
		"3.0":    rest + "usr/stow/foo/1.0/\nusr/stow/foo/2.0/\nusr/stow/foo/latest -> 2.0\n",
	} {
		w := storetest.New(t, world)
		s := w.Open(w.Parse(""))
		err := views.RemoveVersion(t.Context(), s, "foo", version)
		if got := w.Show(); got != storetest.Lines(want) || (err != nil) != (version == "3.0") {
			t.Errorf("%s: %v, left\n%s\nwant\n%s", version, err, got, want)
		}
		s.Close()
	}
}

// Forget removes one view from the list, unless it shows something.
func TestForget(t *testing.T) {
	const registered = "\nusr/stow/:views/HASH -> $ROOT/view"
	for _, c := range []struct{ name, world, want string }{
		{"it is gone", foo + registered, ""},
		{"it shows nothing", foo + "\nview/.stow2/" + registered, ""},
		{"it shows something", foo + "\nview/.stow2/foo/:installed -> ../../../usr/stow/foo/2.0" + registered, "/view shows foo/2.0: unstow it there first"},
		{"a generation shows something", foo + "\nview/:gen/1/.stow2/foo/:installed -> ../../../../../usr/stow/foo/1.0" + registered, "/view shows foo/1.0: unstow it there first"},
		{"it was never known", foo + "\nview/", "/usr/stow knows no view /view"},
	} {
		w := newWorld(t, c.world)
		before := w.Show()
		s := w.Open(w.Parse(""))
		err := views.Forget(s, w.Root+"/view")
		var usage *store.UsageError
		if errors.As(err, &usage) != (c.want != "") || err != nil && strings.ReplaceAll(err.Error(), w.Root, "") != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		want := before
		if c.want == "" {
			want = strings.Replace(before, "usr/stow/:views/HASH -> $ROOT/view", "usr/stow/:views/", 1)
		}
		if got := w.Show(); got != storetest.Lines(want) {
			t.Errorf("%s: left\n%s\nwant\n%s", c.name, got, want)
		}
		s.Close()
	}
}
