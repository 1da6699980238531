package fsys_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

func openDir(t testing.TB, path string) *fsys.Dir {
	t.Helper()
	d, err := fsys.OpenDirAt(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDirIsCanonical(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d real/sub", "l way real", "f file x")
	if got, want := openDir(t, root+"/way/sub").Path(), root+"/real/sub"; got != want {
		t.Errorf("Path() = %q, want %q", got, want)
	}
	t.Chdir(root)
	if got, want := openDir(t, "way/..").Path(), root; got != want {
		t.Errorf("Path() = %q, want %q", got, want)
	}
	if _, err := fsys.OpenDirAt(root + "/file"); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file: %v", err)
	}
}

func TestDirInARoot(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d usr/stow/p", "l opt /usr", "f usr/stow/p/x X", "l usr/x /usr/stow/p/x", "l usr/out /../../usr/none")
	d, err := open(t, root).OpenDir("/opt")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Path() != "/usr" {
		t.Errorf("Path() = %q", d.Path())
	}
	for name, want := range map[string]fsys.Type{"x": fsys.Regular, "out": fsys.Nothing, "stow": fsys.Directory} {
		if got, err := d.Leads(name); got != want || err != nil {
			t.Errorf("Leads(%q) = %v, %v; want %v", name, got, err, want)
		}
	}
	if _, err := d.Stat("x"); err != nil {
		t.Error(err)
	}
	p, err := d.Follow("../opt/stow/p")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Path() != "/usr/stow/p" {
		t.Errorf("Follow: %q", p.Path())
	}
}

func TestDirOpensWhatIsThere(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d a/b/c", "l a/l b", "l dangling nowhere", "f a/f x")
	for _, kernel := range []string{"openat2", "pieces"} {
		d := openDir(t, root)
		if kernel == "pieces" {
			fsys.DirWithoutOpenat2(d)
		}
		for path, want := range map[string]error{
			"": nil, "a": nil, "a/b/c": nil, "a/l": unix.ELOOP, "a/l/c": unix.ELOOP, "a/f": unix.ENOTDIR, "a/none": fs.ErrNotExist,
			"a/../a": unix.EINVAL, "/a": unix.EINVAL, "a/": unix.EINVAL, "a//b": unix.EINVAL, "dangling": unix.ELOOP,
		} {
			sub, err := d.OpenPath(path)
			if err == nil {
				sub.Close()
			}
			if errors.Is(want, unix.ELOOP) && errors.Is(err, unix.ENOTDIR) {
				continue // either reports that it is a link
			}
			if !errors.Is(err, want) {
				t.Errorf("%s: OpenPath(%q): %v, want %v", kernel, path, err, want)
			}
		}
	}
}

func TestDirLongerThanThePathOfAKernel(t *testing.T) {
	d := openDir(t, t.TempDir())
	name := strings.Repeat("n", 200)
	var path []string
	at := d
	for range 60 {
		if err := at.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := at.OpenDir(name)
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		at, path = next, append(path, name)
	}
	if err := at.Symlink("text", "end"); err != nil {
		t.Fatal(err)
	}
	deep, err := d.OpenPath(strings.Join(path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer deep.Close()
	if _, text, err := deep.Look("end"); text != "text" || err != nil {
		t.Errorf("Look = %q, %v", text, err)
	}
	if want := d.Path() + "/" + strings.Join(path, "/"); deep.Path() != want {
		t.Error("Path() is wrong")
	}
	if host, err := fsys.OpenDirAt(deep.Path()); err == nil {
		host.Close()
	} else if !errors.Is(err, unix.ENAMETOOLONG) { // getcwd(2) also fails
		t.Error(err)
	}
}

func TestDirLooks(t *testing.T) {
	root := t.TempDir()
	long := strings.Repeat("x/", 2000)
	build(t, root, "d dir", "f file x", "l link some/text", "l long "+long)
	if err := unix.Mkfifo(root+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, root)
	for _, c := range []struct {
		name string
		want fsys.Type
		text string
		err  error
	}{
		{"dir", fsys.Directory, "", nil},
		{"file", fsys.Regular, "", nil},
		{"link", fsys.Symlink, "some/text", nil},
		{"long", fsys.Symlink, long, nil},
		{"pipe", fsys.Fifo, "", nil},
		{"none", fsys.Nothing, "", nil},
		{"a/b", fsys.Nothing, "", unix.EINVAL},
		{"..", fsys.Nothing, "", unix.EINVAL},
		{"", fsys.Nothing, "", unix.EINVAL},
		{strings.Repeat("n", 256), fsys.Nothing, "", unix.ENAMETOOLONG},
	} {
		got, text, err := d.Look(c.name)
		if got != c.want || text != c.text || !errors.Is(err, c.err) {
			t.Errorf("Look(%q) = %v, %q, %v", c.name, got, text, err)
		}
		if reads, err := d.Reads(c.name, c.text); reads != (c.want == fsys.Symlink) || !errors.Is(err, c.err) {
			t.Errorf("Reads(%q) = %v, %v", c.name, reads, err)
		}
	}
	for range 2 { // the second time from the start again
		got, err := d.Entries()
		want := []fsys.DirEntry{{"dir", fsys.Directory}, {"file", fsys.Regular}, {"link", fsys.Symlink}, {"long", fsys.Symlink}, {"pipe", fsys.Fifo}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Entries() = %v, %v", got, err)
		}
	}
}

func TestDirListsManyNames(t *testing.T) {
	d := openDir(t, t.TempDir())
	var want []string
	for _, c := range "\x01\n \xff-aZ" {
		for n := 1; n < 250; n += 3 {
			name := strings.Repeat(string(c), n)
			if len(name) > 255 {
				continue
			}
			want = append(want, name)
			if err := d.Symlink("x", name); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(want)
	list, err := d.Entries()
	var got []string
	for _, e := range list {
		got = append(got, e.Name)
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d names, want %d; %v", len(got), len(want), err)
	}
}

func TestDirChanges(t *testing.T) {
	root := t.TempDir()
	build(t, root, "d full/in", "f file x", "l old 1")
	d := openDir(t, root)
	for _, c := range []struct {
		what string
		err  error
		want error
	}{
		{"link over something", d.Symlink("x", "file"), fs.ErrExist},
		{"too long a text", d.Symlink(strings.Repeat("x", 4096), "l"), unix.ENAMETOOLONG},
		{"the longest text", d.Symlink(strings.Repeat("x", 4095), "longest"), nil},
		{"no text", d.Symlink("", "l"), fs.ErrNotExist},
		{"a path for a name", d.Symlink("x", "full/l"), unix.EINVAL},
		{"remove a directory", d.Remove("full"), unix.EISDIR},
		{"remove a full directory", d.Rmdir("full"), unix.ENOTEMPTY},
		{"rename over something", d.RenameNew("old", d, "file"), fs.ErrExist},
		{"new link", d.Symlink("2", "new"), nil},
		{"rename over a link", d.Rename("new", d, "old"), nil},
		{"swap", d.Exchange("old", d, "full"), nil},
		{"another name", d.Link("full", d, "same"), nil},
		{"and once more", d.Link("full", d, "same"), fs.ErrExist},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
		}
	}
	if text, _ := os.Readlink(root + "/full"); text != "2" {
		t.Errorf("full reads %q", text)
	}
	var e *fsys.Error
	if err := d.Remove("old"); !errors.As(err, &e) || e.Path != root+"/old" {
		t.Errorf("no path in %v", err)
	}
	if err := errors.Join(d.Sync(), d.SyncFS(), d.Writable("old/in")); err != nil {
		t.Error(err)
	}
}

func TestDirLock(t *testing.T) {
	root := t.TempDir()
	a, b := openDir(t, root), openDir(t, root)
	if err := a.Lock(context.Background(), true, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.TryLock(false); !errors.Is(err, fsys.ErrLocked) {
		t.Errorf("TryLock: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var holders []int
	err := b.Lock(ctx, true, func(pids []int) { holders = pids; cancel() })
	if !errors.Is(err, context.Canceled) || !slices.Contains(holders, os.Getpid()) {
		t.Errorf("Lock: %v, held by %v", err, holders)
	}
	err = b.Lock(context.Background(), true, func([]int) { a.Unlock() })
	if err != nil {
		t.Error(err)
	}
}

func TestDirAllocatesNothing(t *testing.T) {
	root := t.TempDir()
	build(t, root, "l link some/text", "f file x", "d dir")
	d := openDir(t, root)
	for what, c := range map[string]struct {
		do   func()
		most float64
	}{
		"Look at nothing": {func() { d.Look("none") }, 0},
		"Look at a file":  {func() { d.Look("file") }, 0},
		"Look at a link":  {func() { d.Look("link") }, 1},
		"Reads":           {func() { d.Reads("link", "some/text") }, 0},
		"Leads":           {func() { d.Leads("dir") }, 0},
		"change":          {func() { d.Symlink("text", "x"); d.Rename("x", d, "y"); d.Remove("y") }, 0},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.most {
			t.Errorf("%s: %v allocations", what, got)
		}
	}
}

func BenchmarkDirLook(b *testing.B) {
	root := b.TempDir()
	build(b, root, "l link ../stow/package/some/text")
	d := openDir(b, filepath.Clean(root))
	b.ReportAllocs()
	for b.Loop() {
		d.Look("link")
	}
}

func TestDirCopiesFiles(t *testing.T) {
	root, away := t.TempDir(), t.TempDir()
	if shm, err := os.MkdirTemp("/dev/shm", "converge-test-"); err == nil { // another file system
		away = shm
		t.Cleanup(func() { os.RemoveAll(shm) })
	}
	build(t, root, "f file content", "l link file", "d dir")
	if err := errors.Join(unix.Chmod(root+"/file", 0o4751), os.Chtimes(root+"/file", time.Unix(1, 0), time.Unix(2, 3))); err != nil {
		t.Fatal(err)
	}
	from, to := openDir(t, root), openDir(t, away)
	if err := from.CopyFile("file", to, "copy"); err != nil {
		t.Fatal(err)
	}
	was, _ := from.Lstat("file")
	now, _ := to.Lstat("copy")
	if now.Mode != was.Mode || !now.MTime.Equal(was.MTime) || now.Size != was.Size || now.UID != was.UID {
		t.Errorf("%+v, want %+v", now, was)
	}
	for name, want := range map[string]error{"link": unix.ELOOP, "dir": nil, "none": fs.ErrNotExist} {
		err := from.CopyFile(name, to, "other")
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if is, _, _ := to.Look("other"); is != fsys.Nothing {
			t.Errorf("%s: left %v", name, is)
		}
	}
	if err := from.CopyFile("file", to, "copy"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over something: %v", err)
	}
}
