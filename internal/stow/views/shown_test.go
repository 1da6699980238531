package views_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
	"converge/internal/stow/views"
)

// What a target shows, with and without generations.
func TestShown(t *testing.T) {
	w := storetest.New(t, foo+stowed1+"\nview/\nplain/")
	for _, line := range []string{"foo/1.0", "foo/2.0"} {
		if _, err := generation(w, line); err != nil {
			t.Fatal(err)
		}
	}
	for target, want := range map[string]map[string]string{
		"-t=/usr": {"foo": "1.0"}, "-t=/view": {"foo": "2.0"}, "-t=/plain": {},
	} {
		s := w.Open(w.Parse(target))
		if got, err := views.Shown(t.Context(), s); !maps.Equal(got, want) || err != nil {
			t.Errorf("%s shows %v, %v, want %v", target, got, err, want)
		}
		s.Close()
	}
}

// A generation asks the guard like any change, and is not made if the guard refuses.
func TestGenerationIsGuarded(t *testing.T) {
	for _, c := range []struct{ line, asked string }{
		{"foo/1.0", ""},
		{"foo/:config", ""},
		{"foo/2.0", "foo 1.0>2.0"},
		{"-D foo", "foo 1.0>"},
	} {
		w := storetest.New(t, config+"\nview/")
		if _, err := generation(w, "foo/1.0"); err != nil {
			t.Fatal(err)
		}
		before := w.Show()
		cmd := w.Parse("-t=/view " + c.line)
		asked, errRefused := "", errors.New("refused")
		cmd.Settings.Guard = func(_ context.Context, switches []store.Switch, _ map[string]string) error {
			for _, s := range switches {
				asked += s.Package + " " + s.From + ">" + s.To
			}
			return errRefused
		}
		s := w.Open(cmd)
		_, err := views.GenerationsOf(s).Make(t.Context(), cmd.Changes, cmd.Options)
		s.Close()
		if asked != c.asked || errors.Is(err, errRefused) != (c.asked != "") {
			t.Errorf("%s: asked %q: %v", c.line, asked, err)
		}
		if got := w.Show(); c.asked != "" && got != before {
			t.Errorf("%s: refused, and left\n%s", c.line, got)
		}
	}
}

// Generations are only for views, and consist of versions.
func TestNoGeneration(t *testing.T) {
	w := storetest.New(t, foo+"\nusr/stow/n/x = x\nview/")
	for _, c := range []struct{ line, want string }{
		{"-t=/usr foo/1.0", "the store's own target has no generations"},
		{"-t=/view n", "cannot stow n: a generation is made of versions"},
		{"-t=/view -D n", ""},
	} {
		cmd := w.Parse(c.line)
		s := w.Open(cmd)
		n, err := views.GenerationsOf(s).Make(t.Context(), cmd.Changes, cmd.Options)
		s.Close()
		if n != 0 || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d, %v, want %q", c.line, n, err, c.want)
		}
	}
}

// CheckRemovable has the same result as RemoveVersion, and removes nothing.
func TestCheckRemovable(t *testing.T) {
	w := storetest.New(t, foo+stowed1+"\nusr/stow/foo/latest -> 1.0\nusr/stow/n-1/x/y = y\nusr/x -> stow/n-1/x")
	s := w.Open(w.Parse(""))
	defer s.Close()
	before := w.Show()
	for word, want := range map[string]string{
		"foo/2.0": "", "foo/latest": "", "foo/1.0": "it is in use: installed", "foo/9": "does not contain package",
		"foo/:config": "is no version", "none/1": "does not contain package", "n-1/x": "is no version",
	} {
		pkg, version, _ := strings.Cut(word, "/")
		err := views.CheckRemovable(t.Context(), s, pkg, version)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", word, err, want)
		}
		if got := w.Show(); got != before {
			t.Fatalf("%s: left\n%s", word, got)
		}
	}
}
