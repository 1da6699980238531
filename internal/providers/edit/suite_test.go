package edit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

const loginDefs = "# ageing\n#PASS_MIN_DAYS 0\nPASS_MAX_DAYS\t99999\nUMASK 022\n"

// host is a root with some files, one of them known by a link as well.
func host(t testing.TB) (string, *fsys.FS) {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"login.defs": loginDefs, "daemon.json": "{\n  \"mtu\": 1500\n}\n", "hosts": "127.0.0.1 localhost\n::1 localhost", "app.ini": "[a]\r\nx = 1\r\n\r\n[b]\r\n",
		"net.yaml": "network:\n  version: 2 # of netplan\n",
	} {
		at := filepath.Join(root, "etc", name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("login.defs", filepath.Join(root, "etc/other.defs")); err != nil {
		t.Fatal(err)
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return root, f
}

func world(t testing.TB) *resourcetest.World {
	root, f := host(t)
	dump := func(t testing.TB, stat bool) string {
		var b strings.Builder
		err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := os.Lstat(at)
			if err != nil {
				return err
			}
			text, _ := os.ReadFile(at)
			fmt.Fprintf(&b, "%s %s %q", strings.TrimPrefix(at, root), info.Mode(), text)
			if stat {
				fmt.Fprint(&b, info.Sys().(*syscall.Stat_t).Ino, info.ModTime())
			}
			value := make([]byte, 100)
			n, _ := unix.Lgetxattr(at, "user.note", value)
			fmt.Fprintf(&b, " %q\n", value[:max(n, 0)])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	return &resourcetest.World{
		Provider: New(Options{FS: f, RunID: "test"}), Root: root,
		Fingerprint: func(t testing.TB) string { return dump(t, true) },
		Dump:        func(t testing.TB) string { return dump(t, false) },
	}
}

// write replaces a file without the provider.
func write(path, content string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := os.WriteFile(w.Root+path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*Provider).Invalidate(nil)
	}
}

// swap changes some bytes of a file without the provider.
func swap(path, from, to string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		text, err := os.ReadFile(w.Root + path)
		if err != nil || !strings.Contains(string(text), from) {
			t.Fatalf("%s holds %q and not %q: %v", path, text, from, err)
		}
		write(path, strings.Replace(string(text), from, to, 1))(t, w)
	}
}

func holds(path, want string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if got, err := os.ReadFile(w.Root + path); string(got) != want {
			t.Errorf("%s holds %q, want %q; %v", path, got, want, err)
		}
	}
}

// noted is an extended attribute of the file.
func noted(path string) []resourcetest.Hidden {
	return []resourcetest.Hidden{{Name: "extended attribute", Do: func(t testing.TB, w *resourcetest.World) {
		if err := unix.Setxattr(w.Root+path, "user.note", []byte("kept"), 0); err != nil {
			t.Skipf("no extended attributes here: %v", err)
		}
	}}}
}

func TestConformanceOfSettings(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Setting, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "commented out", Want: a("path", "/etc/login.defs", "key", "PASS_MIN_DAYS", "value", 7),
				Check:  holds("/etc/login.defs", "# ageing\nPASS_MIN_DAYS 7\nPASS_MAX_DAYS\t99999\nUMASK 022\n"),
				Drifts: []resourcetest.Drift{{Name: "another value", Attr: "value", Do: swap("/etc/login.defs", "PASS_MIN_DAYS 7", "PASS_MIN_DAYS 8"), Managed: "it is what a setting is"}},
				Gone:   a("path", "/etc/login.defs", "key", "PASS_MIN_DAYS", "ensure", "absent"),
				Hidden: noted("/etc/login.defs"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", "/etc/other.defs", "key", "PASS_MIN_DAYS", "value", "7", "format", "space")
				},
			},
			{
				Name: "json", Want: a("path", "/etc/daemon.json", "key", "max-size", "section", "log-opts", "value", "10m"),
				Check: holds("/etc/daemon.json", "{\n  \"mtu\": 1500,\n  \"log-opts\": {\n    \"max-size\": \"10m\"\n  }\n}\n"),
				Drifts: []resourcetest.Drift{
					{Name: "another value", Attr: "value", Do: swap("/etc/daemon.json", `"10m"`, `10`), Managed: "it is what a setting is"},
					{Name: "gone", Do: write("/etc/daemon.json", "{\n  \"mtu\": 1500\n}\n")},
				},
				Gone: a("path", "/etc/daemon.json", "key", "max-size", "section", "log-opts", "ensure", "absent"),
			},
			{
				Name: "ini with carriage returns", Want: a("path", "/etc/app.ini", "key", "y", "section", "a", "value", "two words"),
				Check: holds("/etc/app.ini", "[a]\r\nx = 1\r\ny = two words\r\n\r\n[b]\r\n"),
				Gone:  a("path", "/etc/app.ini", "key", "y", "section", "a", "ensure", "absent"),
			},
			{
				Name: "several", Want: a("path", "/etc/two.env", "key", "A", "value", "3", "duplicates", "remove"), Standing: "the key is set",
				Given: write("/etc/two.env", "A=1\nB=1\nA=2\n"),
				Check: holds("/etc/two.env", "B=1\nA=3\n"),
			},
			{
				Name: "a new file", Want: a("path", "/etc/new.toml", "key", "on", "section", "a.b", "value", true, "create", true),
				Check: holds("/etc/new.toml", "[a.b]\non = true\n"),
				Gone:  a("path", "/etc/new.toml", "key", "on", "section", "a.b", "ensure", "absent"),
			},
			{
				Name: "items", Want: a("path", "/etc/extra.env", "key", "WORDS", "items", []string{"b", "c"}), Standing: "the key has other words already",
				Given:  write("/etc/extra.env", "WORDS=\"a z\" # three\n"),
				Check:  holds("/etc/extra.env", "WORDS=\"a z b c\" # three\n"),
				Drifts: []resourcetest.Drift{{Name: "one is missing", Attr: "items", Do: swap("/etc/extra.env", "b c", "b"), Managed: "it is what a setting is"}},
				Gone:   a("path", "/etc/extra.env", "key", "WORDS", "items", []string{"b", "c"}, "ensure", "absent"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("path", "/etc/daemon.json", "key", name, "value", name), a("path", "/etc/daemon.json", "key", name, "ensure", "absent")
		},
	}.Run(t)
}

func TestConformanceOfLines(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Line, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "by match", Want: a("path", "/etc/hosts", "line", "127.0.1.1 web1", "match", "^127[.]0[.]1[.]1 "),
				Check:  holds("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 web1"),
				Drifts: []resourcetest.Drift{{Name: "another text", Attr: "line", Do: swap("/etc/hosts", "web1", "web2"), Managed: "it is what a line is"}},
				Gone:   a("path", "/etc/hosts", "match", "^127[.]0[.]1[.]1 ", "ensure", "absent"),
				Hidden: noted("/etc/hosts"),
			},
			{
				Name: "all that match", Want: a("path", "/etc/two", "line", "x 3", "match", "^x ", "multiple", "all"), Standing: "there are lines that match",
				Given: write("/etc/two", "x 1\ny\nx 2\n"),
				Check: holds("/etc/two", "x 3\ny\nx 3\n"),
			},
			{
				Name: "by text", Want: a("path", "/etc/login.defs", "line", "# more", "after", "^PASS"),
				Check: holds("/etc/login.defs", "# ageing\n#PASS_MIN_DAYS 0\nPASS_MAX_DAYS\t99999\n# more\nUMASK 022\n"),
				Gone:  a("path", "/etc/login.defs", "line", "# more", "ensure", "absent"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", "/etc/other.defs", "line", "# more")
				},
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("path", "/etc/hosts", "line", name), a("path", "/etc/hosts", "line", name, "ensure", "absent")
		},
	}.Run(t)
}

func TestConformanceOfBlocks(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Block, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "in hosts", Want: a("path", "/etc/hosts", "marker", "db", "content", "10.0.0.1 db1\n10.0.0.2 db2"),
				Check:  holds("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n# BEGIN db\n10.0.0.1 db1\n10.0.0.2 db2\n# END db"),
				Drifts: []resourcetest.Drift{{Name: "another line", Attr: "content", Do: swap("/etc/hosts", "db2", "db3"), Managed: "it is what a block is"}},
				Gone:   a("path", "/etc/hosts", "marker", "db", "ensure", "absent"),
				Hidden: noted("/etc/hosts"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", "/etc/hosts", "marker", "db", "content", "10.0.0.1 db1\n10.0.0.2 db2\n", "comment", "#")
				},
			},
			{
				Name: "before", Want: a("path", "/etc/login.defs", "marker", "top", "content", "X 1\n", "before", "^PASS"),
				Check: holds("/etc/login.defs", "# ageing\n#PASS_MIN_DAYS 0\n# BEGIN top\nX 1\n# END top\nPASS_MAX_DAYS\t99999\nUMASK 022\n"),
				Gone:  a("path", "/etc/login.defs", "marker", "top", "ensure", "absent"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("path", "/etc/hosts", "marker", name, "content", "x"), a("path", "/etc/hosts", "marker", name, "ensure", "absent")
		},
	}.Run(t)
}

var _ resource.Provider = (*Provider)(nil)
