package store_test

import (
	"strings"
	"testing"

	"converge/internal/stow/store"
	"converge/internal/stow/store/storetest"
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
			w := storetest.New(t, c.before)
			before := w.Show()
			plan, err := w.Run("-n " + c.cmd)
			if err != nil {
				t.Error(err)
			}
			done, err := w.Run(c.cmd)
			if err != nil {
				t.Error(err)
			}
			if plan.Counts() != done.Counts() {
				t.Errorf("planned %+v, done %+v", plan.Counts(), done.Counts())
			}
			if strings.HasPrefix(c.name, "neither") && plan.Counts() != (store.Counts{Removed: 3}) {
				t.Errorf("planned %+v", plan.Counts())
			}
			if got, want := w.Show(), want(before, c.after); got != want {
				t.Errorf("left\n%s\n\nwant\n%s", got, want)
			}
			again(t, w, c.cmd, 0)
		})
	}
}
