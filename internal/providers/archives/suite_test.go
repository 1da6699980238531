package archives_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/providers/archives"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/internal/testhost"
	"converge/internal/userdb"
	"converge/resources"
)

// entry is one of an archive: a file, or what its kind is.
type entry struct {
	name, content string
	kind          byte // of tar
	mode          int64
}

// version is an application in that version.
func version(n string) []entry {
	return []entry{
		{name: "app-" + n + "/", kind: tar.TypeDir, mode: 0o755},
		{name: "app-" + n + "/bin/app", content: "#!" + n + "\n", mode: 0o755},
		{name: "app-" + n + "/etc/app.conf", content: "version " + n + "\n", mode: 0o644},
		{name: "app-" + n + "/lib/" + n, content: strings.Repeat(n, 1000), mode: 0o640},
		{name: "app-" + n + "/current", content: "lib/" + n, kind: tar.TypeSymlink},
	}
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: e.mode, Linkname: e.content, Uid: 4711, Gid: 4711, ModTime: time.Unix(1700000000, 0)}
		if e.kind == 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeReg, "", int64(len(e.content))
		}
		err := w.WriteHeader(h)
		if err == nil && e.kind == 0 {
			_, err = w.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// machine is a directory that serves as a root, with a folder of manifests and a state
// folder beside it.
type machine struct {
	root, dir, state string
	p                *archives.Provider
	site             archives.Site
}

func newMachine(t testing.TB, run string) *machine {
	t.Helper()
	base := t.TempDir()
	m := &machine{root: base + "/root", dir: base + "/site", state: base + "/state"}
	for name, content := range map[string][]byte{
		"root/etc/passwd": []byte("root:x:0:0::/root:/bin/sh\nwww:x:1001:1002::/:/bin/false\n"), "root/etc/group": []byte("root:x:0:\nwww:x:1002:\n"),
		"root/opt/.keep": nil, "state/.keep": nil,
		"site/v1.tar.gz": tarOf(t, version("1")...), "site/v2.tar.gz": tarOf(t, version("2")...), "site/v3.tar.gz": tarOf(t, version("3")...),
	} {
		put(t, filepath.Join(base, name), string(content))
	}
	m.open(t, run)
	return m
}

// open makes the provider anew, as another run of the program does.
func (m *machine) open(t testing.TB, run string) {
	t.Helper()
	f, err := fsys.Open(m.root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	m.p = archives.New(archives.Options{FS: f, Accounts: userdb.New(m.root), State: m.state, RunID: run})
	m.p.Declare(m.site)
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (m *machine) world() *resourcetest.World {
	return &resourcetest.World{
		Provider: m.p, Root: m.root, Dir: m.dir,
		Fingerprint: func(t testing.TB) string { return dump(t, m.root, true) + dump(t, m.state, true) },
		Dump:        func(t testing.TB) string { return dump(t, m.root, false) },
	}
}

// dump lists what is below a folder, but for old trees that are kept; with times, what any
// write would change.
func dump(t testing.TB, root string, times bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !times && strings.Contains(filepath.Base(path), "~converge-") {
			return filepath.SkipDir
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %04o %d:%d", strings.TrimPrefix(path, root)+map[bool]string{true: "/"}[info.IsDir()], st.Mode&0o7777, st.Uid, st.Gid)
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %d %.20q", st.Mtim.Sec, data)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			fmt.Fprintf(&b, " -> %s", to)
		}
		if times && path != root {
			fmt.Fprintf(&b, " ino=%d mtime=%d ctime=%d", st.Ino, st.Mtim.Nano(), st.Ctim.Nano())
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		testhost.Cannot(t, "needs root: it changes owners")
	}
}

// in turns a file operation in the machine's root into a step of a case.
func in(op func(root string) error) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := op(w.Root); err != nil {
			t.Fatal(err)
		}
	}
}

func write(path, content string) func(testing.TB, *resourcetest.World) {
	return in(func(root string) error { return os.WriteFile(root+path, []byte(content), 0o644) })
}

// shows checks lines of the machine's dump.
func shows(lines ...string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		d := w.Dump(t)
		for _, line := range lines {
			if !strings.Contains(d, "\n"+line+"\n") {
				t.Fatalf("the machine lacks the line %q:\n%s", line, d)
			}
		}
	}
}

func missing(path string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if _, err := os.Lstat(w.Root + path); !os.IsNotExist(err) {
			t.Fatalf("%s is there: %v", path, err)
		}
	}
}

// drifts are what can happen to a tree.
func drifts(tree string) []resourcetest.Drift {
	return []resourcetest.Drift{
		{Name: "size", Attr: "differing", Do: write(tree+"/etc/app.conf", "edited\n")},
		{Name: "mode", Attr: "differing", Do: in(func(root string) error { return os.Chmod(root+tree+"/lib/1", 0o644) })},
		{Name: "mode of the tree", Attr: "differing", Do: in(func(root string) error { return os.Chmod(root+tree, 0o700) })},
		{Name: "owner below", Attr: "differing", Do: in(func(root string) error { return os.Lchown(root+tree+"/current", 7, 7) })},
		{Name: "a file is gone", Attr: "differing", Do: in(func(root string) error { return os.Remove(root + tree + "/bin/app") })},
		{Name: "a link is another", Attr: "differing", Do: in(func(root string) error {
			os.Remove(root + tree + "/current")
			return os.Symlink("bin", root+tree+"/current")
		})},
		{Name: "a folder in place of a file", Attr: "differing", Do: in(func(root string) error {
			os.Remove(root + tree + "/etc/app.conf")
			return os.Mkdir(root+tree+"/etc/app.conf", 0o755)
		})},
	}
}

func TestArchiveConformance(t *testing.T) {
	needRoot(t)
	gone := func(path string, more ...any) map[string]cty.Value {
		return resourcetest.Attrs(append([]any{"path", path, "ensure", "absent"}, more...)...)
	}
	linked := versionOf(t, "1", 1)
	resourcetest.Suite{
		Kind:  resources.Archive,
		World: func(t testing.TB) *resourcetest.World { return newMachine(t, "test").world() },
		Named: func(name string) (want, without map[string]cty.Value) {
			path := "/opt/" + strings.ReplaceAll(strings.Trim(name, "/"), "/", "-")
			if strings.Trim(name, "/") == "" {
				path = name
			}
			return resourcetest.Attrs("path", path, "source", "v1.tar.gz"), gone(path)
		},
		Without: map[resourcetest.Part]string{resourcetest.Kept: "a tree is replaced as a whole, and the old one keeps what it had"},
		Cases: []resourcetest.Case{
			{
				Name: "in place",
				Want: resourcetest.Attrs("path", "/opt/app", "source", "v1.tar.gz", "strip", 1, "owner", "www", "group", "www"),
				Check: shows("/opt/app/ 0755 1001:1002", `/opt/app/bin/app 0755 1001:1002 1700000000 "#!1\n"`, "/opt/app/current 0777 1001:1002 -> lib/1",
					`/opt/app/lib/1 0640 1001:1002 1700000000 "11111111111111111111"`),
				Drifts: append(drifts("/opt/app"),
					resourcetest.Drift{Name: "owner", Attr: "owner", Do: in(func(root string) error { return os.Chown(root+"/opt/app", 7, -1) }), Managed: "unset, it is root"},
					resourcetest.Drift{Name: "gone", Do: in(func(root string) error { return os.RemoveAll(root + "/opt/app") })},
				),
				OtherName: func(t testing.TB, w *resourcetest.World) map[string]cty.Value {
					if err := os.Symlink("opt", w.Root+"/alias"); err != nil {
						t.Fatal(err)
					}
					return resourcetest.Attrs("path", "/alias/app", "source", "v1.tar.gz", "strip", 1, "owner", "1001", "group", "1002")
				},
				Gone: gone("/opt/app"), Removed: missing("/opt/app"),
			},
			{
				Name:  "contents",
				Want:  resourcetest.Attrs("path", "/opt/app2", "source", "v1.tar.gz", "strip", 1, "content", true, "exclude", []string{"lib/*", "current"}),
				Check: shows("/opt/app2/bin/ 0755 0:0", `/opt/app2/etc/app.conf 0644 0:0 1700000000 "version 1\n"`),
				Drifts: []resourcetest.Drift{{Name: "content, of the same size and time", Attr: "differing", Do: in(func(root string) error {
					at := root + "/opt/app2/etc/app.conf"
					if err := os.WriteFile(at, []byte("version 7\n"), 0o644); err != nil {
						return err
					}
					return os.Chtimes(at, time.Unix(1700000000, 0), time.Unix(1700000000, 0))
				})}},
				Gone: gone("/opt/app2"), Removed: missing("/opt/app2"),
			},
			{
				Name:  "with a link",
				Want:  resourcetest.Attrs("path", "/opt/apps", "source", "v1.tar.gz", "strip", 1, "link", "/opt/current"),
				Check: shows("/opt/apps/ 0755 0:0", "/opt/current 0777 0:0 -> /opt/apps/"+linked, `/opt/apps/`+linked+`/bin/app 0755 0:0 1700000000 "#!1\n"`),
				Drifts: append(drifts("/opt/apps/"+linked),
					resourcetest.Drift{Name: "another version", Attr: "version", Do: in(func(root string) error {
						os.Remove(root + "/opt/current")
						return os.Symlink("/opt/apps/other", root+"/opt/current")
					})},
					resourcetest.Drift{Name: "no link", Attr: "version", Do: in(func(root string) error { return os.Remove(root + "/opt/current") })},
					resourcetest.Drift{Name: "no tree", Attr: "version", Do: in(func(root string) error { return os.RemoveAll(root + "/opt/apps/" + linked) }),
						Irreversible: "a link to nothing is restored only together with its tree"},
				),
				Gone: gone("/opt/apps"), Removed: func(t testing.TB, w *resourcetest.World) {
					missing("/opt/apps")(t, w)
					missing("/opt/current")(t, w)
				},
			},
		},
	}.Run(t)
}

// versionOf is the name of a version of the application, stripped.
func versionOf(t testing.TB, n string, strip int) string {
	t.Helper()
	w := newMachine(t, "x").world()
	r, err := resourcetest.Build(resources.Archive(w.Provider), w, "x", resourcetest.Attrs("path", "/x", "source", "v"+n+".tar.gz", "strip", strip))
	if err != nil {
		t.Fatal(err)
	}
	return resource.StringAttr(r.Want, "version")
}
