package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

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
	return &resourcetest.World{
		Provider: New(Options{FS: f, RunID: "test"}), Root: root,
		Fingerprint: func(t testing.TB) string { return resourcetest.DumpTree(t, root, true) },
		Dump:        func(t testing.TB) string { return resourcetest.DumpTree(t, root, false) },
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

func TestConformanceOfSettings(t *testing.T) {
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Setting, World: world,
		Cases: []resourcetest.Case{
			{
				Name: "commented out", Want: a("path", "/etc/login.defs", "key", "PASS_MIN_DAYS", "value", 7),
				Check:  resourcetest.Holds("/etc/login.defs", "# ageing\nPASS_MIN_DAYS 7\nPASS_MAX_DAYS\t99999\nUMASK 022\n"),
				Drifts: []resourcetest.Drift{{Name: "another value", Attr: "value", Do: swap("/etc/login.defs", "PASS_MIN_DAYS 7", "PASS_MIN_DAYS 8"), Managed: "it is what a setting is"}},
				Gone:   a("path", "/etc/login.defs", "key", "PASS_MIN_DAYS", "ensure", "absent"),
				Hidden: resourcetest.Noted("/etc/login.defs"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", "/etc/other.defs", "key", "PASS_MIN_DAYS", "value", "7", "format", "space")
				},
			},
			{
				Name: "json", Want: a("path", "/etc/daemon.json", "key", "max-size", "section", "log-opts", "value", "10m"),
				Check: resourcetest.Holds("/etc/daemon.json", "{\n  \"mtu\": 1500,\n  \"log-opts\": {\n    \"max-size\": \"10m\"\n  }\n}\n"),
				Drifts: []resourcetest.Drift{
					{Name: "another value", Attr: "value", Do: swap("/etc/daemon.json", `"10m"`, `10`), Managed: "it is what a setting is"},
					{Name: "gone", Do: write("/etc/daemon.json", "{\n  \"mtu\": 1500\n}\n")},
				},
				Gone: a("path", "/etc/daemon.json", "key", "max-size", "section", "log-opts", "ensure", "absent"),
			},
			{
				Name: "ini with carriage returns", Want: a("path", "/etc/app.ini", "key", "y", "section", "a", "value", "two words"),
				Check: resourcetest.Holds("/etc/app.ini", "[a]\r\nx = 1\r\ny = two words\r\n\r\n[b]\r\n"),
				Gone:  a("path", "/etc/app.ini", "key", "y", "section", "a", "ensure", "absent"),
			},
			{
				Name: "several", Want: a("path", "/etc/two.env", "key", "A", "value", "3", "duplicates", "remove"), Standing: "the key is set",
				Given: write("/etc/two.env", "A=1\nB=1\nA=2\n"),
				Check: resourcetest.Holds("/etc/two.env", "B=1\nA=3\n"),
			},
			{
				Name: "several, and the right one counts", Want: a("path", "/etc/three.env", "key", "A", "value", "2", "duplicates", "remove"), Standing: "the key is set",
				Given: write("/etc/three.env", "A=1\nB=1\nA=2\n"),
				Check: resourcetest.Holds("/etc/three.env", "B=1\nA=2\n"),
				Drifts: []resourcetest.Drift{
					{Name: "another line", Attr: "repeated", Do: swap("/etc/three.env", "B=1\n", "B=1\nA=1\n"), Managed: "it is what is removed"},
				},
			},
			{
				Name: "items in several", Want: a("path", "/etc/four.env", "key", "A", "items", []string{"x"}, "duplicates", "remove"), Standing: "the key is set",
				Given: write("/etc/four.env", "A=1\nB=1\nA=x\n"),
				Check: resourcetest.Holds("/etc/four.env", "B=1\nA=x\n"),
			},
			{
				Name: "an option of pacman", Want: a("path", "/etc/pacman.conf", "key", "Color", "section", "options", "value", ""),
				Given: write("/etc/pacman.conf", "[options]\nCheckSpace\n"),
				Check: resourcetest.Holds("/etc/pacman.conf", "[options]\nCheckSpace\nColor\n"),
				Gone:  a("path", "/etc/pacman.conf", "key", "Color", "section", "options", "ensure", "absent"),
			},
			{
				Name: "an option of MySQL", Want: a("path", "/etc/my.cnf", "key", "skip-name-resolve", "section", "mysqld", "value", "0"), Standing: "the key is set",
				Given: write("/etc/my.cnf", "[mysqld]\nskip_name_resolve # no names\n"),
				Check: resourcetest.Holds("/etc/my.cnf", "[mysqld]\nskip_name_resolve = 0 # no names\n"),
			},
			{
				Name: "a new file", Want: a("path", "/etc/new.toml", "key", "on", "section", "a.b", "value", true, "create", true),
				Check: resourcetest.Holds("/etc/new.toml", "[a.b]\non = true\n"),
				Gone:  a("path", "/etc/new.toml", "key", "on", "section", "a.b", "ensure", "absent"),
			},
			{
				Name: "items", Want: a("path", "/etc/extra.env", "key", "WORDS", "items", []string{"b", "c"}), Standing: "the key has other words already",
				Given:  write("/etc/extra.env", "WORDS=\"a z\" # three\n"),
				Check:  resourcetest.Holds("/etc/extra.env", "WORDS=\"a z b c\" # three\n"),
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
				Check:  resourcetest.Holds("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 web1"),
				Drifts: []resourcetest.Drift{{Name: "another text", Attr: "line", Do: swap("/etc/hosts", "web1", "web2"), Managed: "it is what a line is"}},
				Gone:   a("path", "/etc/hosts", "match", "^127[.]0[.]1[.]1 ", "ensure", "absent"),
				Hidden: resourcetest.Noted("/etc/hosts"),
			},
			{
				Name: "all that match", Want: a("path", "/etc/two", "line", "x 3", "match", "^x ", "multiple", "all"), Standing: "there are lines that match",
				Given: write("/etc/two", "x 1\ny\nx 2\n"),
				Check: resourcetest.Holds("/etc/two", "x 3\ny\nx 3\n"),
			},
			{
				Name: "by text", Want: a("path", "/etc/login.defs", "line", "# more", "after", "^PASS"),
				Check: resourcetest.Holds("/etc/login.defs", "# ageing\n#PASS_MIN_DAYS 0\nPASS_MAX_DAYS\t99999\n# more\nUMASK 022\n"),
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
				Check:  resourcetest.Holds("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n# BEGIN db\n10.0.0.1 db1\n10.0.0.2 db2\n# END db"),
				Drifts: []resourcetest.Drift{{Name: "another line", Attr: "content", Do: swap("/etc/hosts", "db2", "db3"), Managed: "it is what a block is"}},
				Gone:   a("path", "/etc/hosts", "marker", "db", "ensure", "absent"),
				Hidden: resourcetest.Noted("/etc/hosts"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("path", "/etc/hosts", "marker", "db", "content", "10.0.0.1 db1\n10.0.0.2 db2\n", "comment", "#")
				},
			},
			{
				Name: "before", Want: a("path", "/etc/login.defs", "marker", "top", "content", "X 1\n", "before", "^PASS"),
				Check: resourcetest.Holds("/etc/login.defs", "# ageing\n#PASS_MIN_DAYS 0\n# BEGIN top\nX 1\n# END top\nPASS_MAX_DAYS\t99999\nUMASK 022\n"),
				Gone:  a("path", "/etc/login.defs", "marker", "top", "ensure", "absent"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("path", "/etc/hosts", "marker", name, "content", "x"), a("path", "/etc/hosts", "marker", name, "ensure", "absent")
		},
	}.Run(t)
}

var _ resource.Provider = (*Provider)(nil)
