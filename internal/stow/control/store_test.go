package control_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/control"
)

// plant makes a tree: "dir/", "link -> text", "file = content".
func plant(t *testing.T, lines ...string) control.Disk {
	t.Helper()
	root := t.TempDir()
	for _, l := range lines {
		name, text, isLink := strings.Cut(l, " -> ")
		file, content, isFile := strings.Cut(l, " = ")
		var err error
		switch {
		case isLink:
			p := filepath.Join(root, name)
			if err = os.MkdirAll(filepath.Dir(p), 0o755); err == nil {
				err = os.Symlink(text, p)
			}
		case isFile:
			p := filepath.Join(root, file)
			if err = os.MkdirAll(filepath.Dir(p), 0o755); err == nil {
				err = os.WriteFile(p, []byte(content), 0o640)
			}
		default:
			err = os.MkdirAll(filepath.Join(root, l), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return control.OnDisk(f)
}

func TestList(t *testing.T) {
	disk := plant(t,
		"s/foo/1.10/bin", "s/foo/1.9/x", "s/foo/::2/bin", "s/foo/:config/etc", "s/foo/latest -> 1.10", "s/foo/gone -> 3", "s/foo/notes = x",
		"s/foo/:installed -> 1.9", "s/foo/:managed-by -> ../stow2/:installed/bin/stow2",
		"s/plain/1.0/bin", "s/plain/2.0/lib", // a package that is not stowed yet
		"s/naive-1.0/bin", "s/naive-1.0/lib/pkgconfig", "s/own/x/y", // GNU's way
		"s/:views/x", "s/file = x", "s/bad/:control/converge/1.0 = x",
		"s/dangling/1/bin", "s/dangling/:installed -> 2",
		"s/abs -> /elsewhere/foo", "elsewhere/foo/7/bin",
	)
	got, err := control.Store{Disk: disk, Dir: "/s"}.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `{abs [7] }
{dangling [1] }
{foo [1.9 1.10 latest ::2] 1.9}
{plain [1.0 2.0] }
`
	var b strings.Builder
	for _, p := range got {
		fmt.Fprintln(&b, p)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	none, err := control.Store{Disk: disk, Dir: "/none"}.List(t.Context())
	if err != nil || none != nil {
		t.Errorf("no stow directory: %v, %v", none, err)
	}
}

func TestFind(t *testing.T) {
	const data = "Control-Version: 1\nVersion: 7\nSummary: "
	disk := plant(t, "s/foo/1/bin", "s/foo/2/bin", "s/foo/3/bin", "s/bar/1/bin",
		"s/foo/:control/converge/1 = "+data+"one", "s/foo/:control/converge/2/control = "+data+"two",
		"s/foo/:control/converge/2/other = x", "s/foo/:control-default/converge = "+data+"default", "s/foo/:control/debian/3 = x")
	s := control.Store{Disk: disk, Dir: "/s"}
	for at, want := range map[string]string{
		"foo/1": "one /s/foo/:control/converge/1 false", "foo/2": "two /s/foo/:control/converge/2/control false",
		"foo/3": "default /s/foo/:control-default/converge true", "bar/1": "nothing",
	} {
		pkg, dir, _ := strings.Cut(at, "/")
		f, err := s.Find(t.Context(), pkg, dir, control.Manager)
		got := "nothing"
		if f != nil {
			got = fmt.Sprint(f.Summary, " ", f.Path, " ", f.Default)
		}
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", at, got, err, want)
		}
	}
	for _, bad := range [][2]string{{"..", "1"}, {"foo", ":config"}, {"foo", "a/b"}, {"", "1"}, {":x", "1"}} {
		if _, err := s.Find(t.Context(), bad[0], bad[1], control.Manager); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestTarget(t *testing.T) {
	disk := plant(t, "usr/stow/:target -> ..", "boot/x/stow/:target -> /boot", "plain/stow")
	for dir, want := range map[string]string{"/usr/stow": "/usr", "/boot/x/stow": "/boot", "/plain/stow": "/plain", "/none/stow": "/none"} {
		if got, err := (control.Store{Disk: disk, Dir: dir}).Target(t.Context()); err != nil || got != want {
			t.Errorf("%s is stowed to %s, %v", dir, got, err)
		}
	}
}

// finding is an inspection that returns these fields.
func finding(fields []control.Field, err error) func(context.Context, string) ([]control.Field, error) {
	return func(context.Context, string) ([]control.Field, error) { return fields, err }
}

func options(change func(*control.WriteOptions)) control.WriteOptions {
	o := control.WriteOptions{
		Package: "sawfish", Version: "1.0", Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), By: "converge 1.0",
		Inspect: finding([]control.Field{
			{Name: "Link-Depends", Value: "glibc abi(libc.so.6:GLIBC_2.11); gtk abi(libgtk-x11-2.0.so.0)"},
			{Name: "Provides-ABI", Value: "libfoo.so.2"},
			{Name: "Built-With"},
		}, nil),
	}
	change(&o)
	return o
}

func golden(t *testing.T, name string) string {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWrite(t *testing.T) {
	disk := plant(t, "s/sawfish/1.0/bin")
	w, err := control.Write(t.Context(), disk, "/s", options(func(*control.WriteOptions) {}))
	if err != nil || !w.Changed || w.Path != "/s/sawfish/:control/converge/1.0" {
		t.Fatalf("%+v, %v", w, err)
	}
	text, err := disk.ReadFile(t.Context(), w.Path)
	if err != nil || string(text) != golden(t, "fresh") {
		t.Errorf("%v, written:\n%s", err, text)
	}
	if _, err := control.Parse("f", text); err != nil {
		t.Error(err)
	}
	// Existing data is never overwritten.
	_, err = control.Write(t.Context(), disk, "/s", options(func(*control.WriteOptions) {}))
	if !errors.Is(err, fs.ErrExist) || err.Error() != `cannot write "/s/sawfish/:control/converge/1.0": it is there already; --refresh rewrites its generated fields` {
		t.Error(err)
	}
	names, err := disk.Entries(t.Context(), "/s/sawfish/:control/converge")
	if err != nil || len(names) != 1 {
		t.Errorf("left behind: %q, %v", names, err)
	}
	// The default data starts from it, without the fields about one version.
	w, err = control.Write(t.Context(), disk, "/s", options(func(o *control.WriteOptions) { o.Default = true }))
	if err != nil {
		t.Fatal(err)
	}
	text, _ = disk.ReadFile(t.Context(), w.Path)
	head, _, _ := strings.Cut(golden(t, "fresh"), "Link-Depends")
	if w.Path != "/s/sawfish/:control-default/converge" || string(text) != head {
		t.Errorf("%s:\n%s", w.Path, text)
	}
}

func TestRefresh(t *testing.T) {
	for _, at := range []string{":control/converge/1.0", ":control/converge/1.0/control"} {
		disk := plant(t, "s/sawfish/1.0/bin", "s/sawfish/"+at+" = "+golden(t, "sawfish"))
		refresh := options(func(o *control.WriteOptions) { o.Refresh = true })
		for round, changed := range []bool{true, false} {
			w, err := control.Write(t.Context(), disk, "/s", refresh)
			if err != nil || w.Changed != changed || w.Path != "/s/sawfish/"+at {
				t.Fatalf("round %d: %+v, %v", round, w, err)
			}
			text, err := disk.ReadFile(t.Context(), w.Path)
			if err != nil || string(text) != golden(t, "refreshed") {
				t.Errorf("%v, written:\n%s", err, text)
			}
			refresh.Now = refresh.Now.Add(time.Hour) // a new date alone is no change
		}
	}
}

func TestRefreshLeavesTheDevelopersFieldsAlone(t *testing.T) {
	const data = "Control-Version: 1\nLink-Depends: mine abi(libm.so.1)\n"
	disk := plant(t, "s/sawfish/1.0/bin", "s/sawfish/:control/converge/1.0 = "+data)
	if _, err := control.Write(t.Context(), disk, "/s", options(func(o *control.WriteOptions) { o.Refresh = true })); err != nil {
		t.Fatal(err)
	}
	text, _ := disk.ReadFile(t.Context(), "/s/sawfish/:control/converge/1.0")
	if want := data + "Provides-ABI: libfoo.so.2\nGenerated: 2026-01-02T03:04:05Z by converge 1.0 (fields Provides-ABI)\n"; string(text) != want {
		t.Errorf("written:\n%s", text)
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		tree   []string
		change func(*control.WriteOptions)
		want   string
	}{
		"no such version":      {nil, func(o *control.WriteOptions) { o.Version = "9" }, `there is no sawfish/9 in "/s"`},
		"nothing to refresh":   {nil, func(o *control.WriteOptions) { o.Refresh = true }, `cannot refresh "/s/sawfish/:control/converge/1.0": there is none`},
		"default and refresh":  {nil, func(o *control.WriteOptions) { o.Default, o.Refresh = true, true }, "it has no generated fields"},
		"a name":               {nil, func(o *control.WriteOptions) { o.Package = "../x" }, "is not the name of a package"},
		"what is there is bad": {[]string{"s/sawfish/:control/converge/1.0 = Control-Version: 1\nTags: a,b"}, func(o *control.WriteOptions) { o.Refresh = true }, `1.0:2: "a,b" is not a tag`},
		"inspection fails":     {nil, func(o *control.WriteOptions) { o.Inspect = finding(nil, errors.New("no ELF")) }, "cannot find out what is in sawfish/1.0: no ELF"},
		"a file in the way":    {[]string{"s/sawfish/:control = x"}, func(*control.WriteOptions) {}, `cannot write "/s/sawfish/:control/converge/1.0": not a directory`},
		"a way out":            {[]string{"s/sawfish/:control -> ../../out", "out/x"}, func(*control.WriteOptions) {}, `cannot write "/s/sawfish/:control/converge/1.0": path escapes from parent`},
	} {
		t.Run(name, func(t *testing.T) {
			disk := plant(t, append(c.tree, "s/sawfish/1.0/bin")...)
			_, err := control.Write(t.Context(), disk, "/s", options(c.change))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestLongValuesAreBrokenIntoLines(t *testing.T) {
	disk := plant(t, "s/sawfish/1.0/bin")
	long := strings.Repeat("symbol ", 40)
	refresh := options(func(o *control.WriteOptions) {
		o.Inspect = finding([]control.Field{{Name: "Uses-Symbols", Value: long}}, nil)
	})
	w, err := control.Write(t.Context(), disk, "/s", refresh)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := disk.ReadFile(t.Context(), w.Path)
	if want := "Uses-Symbols: " + strings.Repeat("symbol ", 13) + "symbol\n symbol"; !strings.Contains(string(text), want) {
		t.Errorf("written:\n%s", text)
	}
	refresh.Refresh = true
	if w, err = control.Write(t.Context(), disk, "/s", refresh); err != nil || w.Changed {
		t.Errorf("a refresh of the same: %+v, %v", w, err)
	}
}
