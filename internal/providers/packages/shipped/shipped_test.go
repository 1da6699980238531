package shipped

import (
	"os"
	"slices"
	"strings"
	"testing"

	"converge/internal/fsys"
)

// Which program a unit file starts.
func TestProgramOf(t *testing.T) {
	for text, want := range map[string]string{
		"[Service]\nExecStartPre=/bin/a\nExecStart=-/usr/sbin/b -c x\n": "/usr/sbin/b",
		"[Service]\nExecStart=\nExecStart = @/opt/c c":                  "/opt/c",
		"[Service]\nExecStart=env d\n":                                  "",
		"[Unit]\n":                                                      "",
	} {
		if got := programOf(text); got != want {
			t.Errorf("%q starts %q, want %q", text, got, want)
		}
	}
	if withoutUsr("/usr/sbin/x") != withoutUsr("/sbin/x") || withoutUsr("/usr/local/x") == withoutUsr("/local/x") {
		t.Error("paths of a merged /usr")
	}
}

func TestUnitsIn(t *testing.T) {
	list := `/.
/lib/systemd/system
/lib/systemd/system/a.service
/usr/lib/systemd/system/a.service
/usr/lib/systemd/system/a@.service
/usr/lib/systemd/system/a.service.d/x.conf
/usr/lib/systemd/user/b.service
/etc/init.d/c
/etc/systemd/system/d.timer
/lib/systemd/system/.service
/usr/share/doc/e.service
`
	want := []string{"unit:a.service", "unit:a@.service", "unit:c.service", "unit:d.timer"}
	if got := Units(strings.SplitSeq(list, "\n")); !slices.Equal(got, want) {
		t.Error(got)
	}
}

func FuzzUnitsIn(f *testing.F) {
	f.Add("/lib/systemd/system/a.service\n/etc/init.d/c\n")
	f.Fuzz(func(t *testing.T, list string) {
		for _, u := range Units(strings.SplitSeq(list, "\n")) {
			if u == unitKey || strings.ContainsAny(u, "/\n") {
				t.Errorf("%q", u)
			}
		}
	})
}

// TestFiles: of a package's paths go the files that are asked for; folders may hold others' things.
func TestFiles(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"/usr/bin/a", "/usr/bin/b"} {
		if err := os.MkdirAll(root+"/usr/bin", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := fsys.OpenFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	got := Files(tree, slices.Values([]string{"/.", "/usr/bin", "/usr/bin/b", "/usr/bin/gone", "/usr/bin/a", "relative"}), func(p string) bool { return p != "/usr/bin/b" })
	if !slices.Equal(got, []string{"/usr/bin/a"}) {
		t.Error(got)
	}
}
