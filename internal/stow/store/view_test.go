package store_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
)

func TestView(t *testing.T) {
	w := storetest.New(t, foo+stowed1+"\nhome/dev/own = x")
	before := w.Show()
	if _, err := w.Run("-t=/home/dev foo/2.0"); err != nil {
		t.Fatal(err)
	}
	after := want(before, `
		home/dev/bin -> ../../usr/stow/foo/2.0/bin
		home/dev/.stow2/foo/:installed -> ../../../../usr/stow/foo/2.0
		home/dev/.stow2/foo/:managed-by -> ../../../../usr/stow/stow2/:installed/bin/stow2
		usr/stow/:views/HASH -> $ROOT/home/dev`)
	if got := w.Show(); got != after {
		t.Errorf("left\n%s\nwant\n%s", got, after)
	}
	again(t, w, "-t=/home/dev foo/2.0", 0)
	again(t, w, "-t=/home/dev foo", 0)
	again(t, w, "foo", 0) // at home it is another version
	again(t, w, "-t=/usr foo/1.0", 0)
	if _, err := w.Run("-t=/home/dev --as=/sbin/apt -D foo"); store.ExitCode(err) != 3 {
		t.Errorf("another's: %v", err)
	}
	if _, err := w.Run("-t=/home/dev -D foo"); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Show(), want(before, "home/dev/.stow2/\nusr/stow/:views/HASH -> $ROOT/home/dev"); got != want {
		t.Errorf("left\n%s\nwant\n%s", got, want)
	}
}

func TestHomeIsNamed(t *testing.T) {
	w := storetest.New(t, foo+"\nusr/stow/:target -> ../../boot\nboot/")
	if _, err := w.Run("foo/1.0"); err != nil {
		t.Fatal(err)
	}
	again(t, w, "-t=/boot foo", 0)
	if text, _ := os.Readlink(w.Root + "/boot/bin"); text != "../usr/stow/foo/1.0/bin" {
		t.Errorf("link %q", text)
	}
}

func TestReadOnlyStore(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("as nobody but root: permissions hold by themselves")
	}
	w := storetest.New(t, foo+"\nview/")
	c := w.Parse("-t=/view foo/1.0")
	c.Settings.BeforeStep = func(step string) error {
		if strings.HasPrefix(step, "mkdir :views") {
			return os.ErrPermission
		}
		return nil
	}
	s := w.Open(c)
	defer s.Close()
	if _, err := s.Apply(context.Background(), c.Changes, c.Options); err != nil {
		t.Fatal(err)
	}
	if len(w.Warnings) != 1 || !strings.Contains(w.Warnings[0], "does not know that "+w.Root+"/view is a view") {
		t.Errorf("warnings %q", w.Warnings)
	}
}

func TestMark(t *testing.T) {
	w := storetest.New(t, foo)
	s := w.Open(w.Parse(""))
	defer s.Close()
	for _, foo := range []string{"foo", "."} {
		for _, want := range []bool{true, false} {
			if got, err := s.Mark(context.Background(), foo); got != want || err != nil {
				t.Errorf("Mark(%q) = %v, %v", foo, got, err)
			}
		}
	}
	if st, err := s.Observe(context.Background(), "foo"); len(st.Versions) != 2 || err != nil {
		t.Errorf("%+v, %v", st, err)
	}
}
