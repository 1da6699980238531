package resources_test

import (
	"strings"
	"testing"

	"converge/resources"
)

func TestMode(t *testing.T) {
	for _, c := range []struct {
		mode string
		live uint32
		dir  bool
		want uint32 // of live
	}{
		{"0644", 0o777, false, 0o644},
		{"4755", 0, false, 0o4755},
		{"01777", 0, true, 0o1777},
		{"u=rw,go=r", 0o7777, false, 0o644},
		{"a=rx", 0o7644, false, 0o555},
		{"=r", 0o777, false, 0o444},
		{"g+w,o-rwx", 0o755, false, 0o770},
		{"ug+rw", 0o400, false, 0o660},
		{"u+s,g+s", 0o755, false, 0o6755},
		{"+t", 0o777, true, 0o1777},
		{"u=rwxs,go=rx", 0, false, 0o4755},
		{"g=rwxs", 0o700, true, 0o2770},
		{"a+X", 0o644, false, 0o644},
		{"a+X", 0o744, false, 0o755},
		{"u=rwX,go=rX", 0o600, true, 0o755},
		{"u+rw-x", 0o100, false, 0o600},
	} {
		m, err := resources.ParseMode(c.mode)
		if err != nil {
			t.Errorf("%s: %v", c.mode, err)
			continue
		}
		if got := m.Apply(c.live, c.dir); got != c.want {
			t.Errorf("%s of %04o (directory: %v) is %04o, want %04o", c.mode, c.live, c.dir, got, c.want)
		}
	}
	for _, bad := range []string{"", "64", "0888", "010000", "644a", "rw", "u=rw go=r", "k=r", "u=q", "u", "u=r,", "-", "0x1ff", "-rw-r--r--", "drwxr-xr-x", "rwxr-xr-x", "-rwsr-sr-t", "-rw-r--r--+"} {
		if m, err := resources.ParseMode(bad); err == nil && bad != "-" {
			t.Errorf("%q was read as %v", bad, m)
		}
	}
}

func TestModeCopiedFromLs(t *testing.T) {
	for mode, octal := range map[string]string{
		"-rw-r--r--": "0644", "drwxr-x---": "0750", "-rwsr-xr-x": "4755", "-rwSr-sr-T": "7654", "drwxrwxrwt.": "1777", "---------": "0000",
	} {
		_, err := resources.ParseMode(mode)
		if err == nil || !strings.Contains(err.Error(), `write "`+octal+`"`) {
			t.Errorf("%s: %v, want a hint at %s", mode, err, octal)
		}
	}
	if _, err := resources.ParseMode("-r,-w,-x"); err != nil {
		t.Error(err)
	}
}

func FuzzMode(f *testing.F) {
	for _, s := range []string{"0644", "u=rwXst,g-x", "+,-,=", "ugoa=rwx", "7777777777777777777"} {
		f.Add(s, uint32(0o644))
	}
	f.Fuzz(func(t *testing.T, s string, live uint32) {
		m, err := resources.ParseMode(s)
		if err != nil {
			return
		}
		live &= 0o7777
		once := m.Apply(live, false)
		if once&^0o7777 != 0 {
			t.Errorf("%q of %04o is %o", s, live, once)
		}
		if m.Apply(live, false) != once {
			t.Errorf("%q is not the same twice", s)
		}
	})
}
