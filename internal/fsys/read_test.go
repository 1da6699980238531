package fsys_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"converge/internal/fsys"
)

// TestReads shows the result of each way of reading a path.
func TestReads(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	const notALink = "!invalid argument"
	for _, c := range []struct {
		path                           string
		lstat, stat, text, link, names string // what there is, or "!" and the error
	}{
		{"/f", "a file", "a file", "content", notALink, "!not a directory"},
		{"/l", "a symbolic link", "a file", "!too many levels of symbolic links", "f", "!not a directory"},
		{"/d", "a directory", "a directory", "!is a directory", notALink, "a b"},
		{"/d/a", "a file", "a file", "1", notALink, "!not a directory"},
		{"/way/a", "a file", "a file", "1", notALink, "!not a directory"},
		{"/out/f", "a file", "a file", "content", notALink, "!not a directory"},
		{"/lost", "a symbolic link", "!no such file or directory", "!too many levels of symbolic links", "nowhere", "!not a directory"},
		{"/self", "a symbolic link", "!too many levels of symbolic links", "!too many levels of symbolic links", "self", "!not a directory"},
		{"/no", "!no such file or directory", "!no such file or directory", "!no such file or directory", "!no such file or directory", "!no such file or directory"},
		{"/f/x", "!not a directory", "!not a directory", "!not a directory", "!not a directory", "!not a directory"},
		{"/", "a directory", "a directory", "!is a directory", notALink, "d f l lost out self way"},
		{"/long", "!no such file or directory", "!no such file or directory", "!no such file or directory", "!no such file or directory", "!no such file or directory"},
	} {
		both(t, func(t *testing.T, begin func(root string) *fsys.FS) {
			root := t.TempDir()
			lay(t, root, "f f content|l l f|d d|f d/b 2|f d/a 1|l way d|l out ../../..|l lost nowhere|l self self")
			f := begin(root)
			answer := func(what, got string, err error, want string) {
				t.Helper()
				var e *fsys.Error
				if errors.As(err, &e) {
					got = "!" + e.Err.Error()
				}
				if want == notALink && errors.Is(err, fs.ErrNotExist) {
					return // readlinkat(2) returns that for an open file that is not a link
				}
				if got != want {
					t.Errorf("%s of %s: %s (%v), want %s", what, c.path, got, err, want)
				}
			}
			h := f.Hold()
			defer h.Forget()
			info, err := f.Lstat(c.path)
			answer("Lstat", info.Type.String(), err, c.lstat)
			info, err = f.Look(c.path)
			answer("Look", info.Type.String(), err, c.lstat)
			info, err = f.Stat(c.path)
			answer("Stat", info.Type.String(), err, c.stat)
			text, err := f.ReadFile(c.path, 7)
			answer("ReadFile", string(text), err, c.text)
			to, err := f.Readlink(c.path)
			answer("Readlink", to, err, c.link)
			names, err := f.Names(c.path)
			answer("Names", strings.Join(names, " "), err, c.names)
			wanted := c.names
			if err == nil {
				wanted = strings.Join(linksAmong(f, c.path, names), " ")
			}
			links, err := f.Links(c.path)
			answer("Links", strings.Join(describeLinks(links), " "), err, wanted)
			info, err = h.Lstat(c.path)
			answer("Held.Lstat", info.Type.String(), err, c.lstat)
			info, err = h.Stat(c.path)
			answer("Held.Stat", info.Type.String(), err, c.stat)
			to, err = h.Readlink(c.path)
			answer("Held.Readlink", to, err, c.link)
		})
	}
}

// linksAmong returns the links among the names in a directory, with their texts.
func linksAmong(f *fsys.FS, dir string, names []string) (out []string) {
	for _, name := range names {
		if text, err := f.Readlink(filepath.Join(dir, name)); err == nil {
			out = append(out, name+"="+text)
		}
	}
	return out
}

func describeLinks(links []fsys.Link) (out []string) {
	for _, l := range links {
		out = append(out, l.Name+"="+l.Text)
	}
	return out
}

// TestReadFileHasALimit in bytes.
func TestReadFileHasALimit(t *testing.T) {
	root := t.TempDir()
	lay(t, root, "f f 12345678")
	for limit, want := range map[int64]error{7: syscall.EFBIG, 8: nil, 9: nil, 0: syscall.EFBIG} {
		if _, err := open(t, root).ReadFile("/f", limit); !errors.Is(err, want) {
			t.Errorf("at most %d bytes: %v, want %v", limit, err, want)
		}
		if _, err := open(t, root).Hold().ReadFile("/f", limit); !errors.Is(err, want) {
			t.Errorf("held, at most %d bytes: %v, want %v", limit, err, want)
		}
	}
}

// TestComparer compares files around the size of its buffer with content in memory and from a reader.
func TestComparer(t *testing.T) {
	const buffer = 64 << 10
	root := t.TempDir()
	h := open(t, root).Hold()
	defer h.Forget()
	var c fsys.Comparer
	for _, size := range []int{0, 1, buffer - 1, buffer, buffer + 1, 2 * buffer} {
		content := bytes.Repeat([]byte("x"), size)
		if err := os.WriteFile(filepath.Join(root, "f"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		others := map[string][]byte{"the same": content, "one byte more": append(slices.Clone(content), 'x')}
		if size > 0 {
			first, last := slices.Clone(content), slices.Clone(content)
			first[0], last[size-1] = 'y', 'y'
			others["one byte less"], others["another first byte"], others["another last byte"] = content[1:], first, last
		}
		for what, want := range others {
			same := what == "the same"
			if got, err := c.Equal(h, "/f", want); err != nil || got != same {
				t.Errorf("%d bytes, %s: %t, %v", size, what, got, err)
			}
			if got, err := c.EqualReader(h, "/f", iotest.OneByteReader(bytes.NewReader(want))); err != nil || got != same {
				t.Errorf("%d bytes, %s, read: %t, %v", size, what, got, err)
			}
		}
	}
	if _, err := c.EqualReader(h, "/f", iotest.ErrReader(io.ErrNoProgress)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("an error of the content: %v", err)
	}
	for _, compare := range []func() (bool, error){
		func() (bool, error) { return c.Equal(h, "/no", nil) },
		func() (bool, error) { return c.EqualReader(h, "/no", strings.NewReader("")) },
	} {
		if same, err := compare(); same || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing file: %t, %v", same, err)
		}
	}
}

// TestWalk shows which entries below a directory are visited, and what a visit skips.
func TestWalk(t *testing.T) {
	const tree = "d a|f a/2 x|d a/1|f a/1/x y|l a/3 1|d a/4"
	stop := errors.New("stop")
	for _, c := range []struct {
		summary, at, skip, stop, visited string
		err                              error
	}{
		{"parents first, by name", "/a", "", "", "/a/1 /a/1/x /a/2 /a/3 /a/4", nil},
		{"a skipped directory", "/a", "/a/1", "", "/a/1 /a/2 /a/3 /a/4", nil},
		{"a skipped file", "/a", "/a/2", "", "/a/1 /a/1/x /a/2 /a/3 /a/4", nil},
		{"an error ends it", "/a", "", "/a/2", "/a/1 /a/1/x /a/2", stop},
		{"an empty directory", "/a/4", "", "", "", nil},
		{"a link to a directory", "/a/3", "", "", "/a/3/x", nil},
		{"a missing one", "/b", "", "", "", fs.ErrNotExist},
		{"a file", "/a/2", "", "", "", syscall.ENOTDIR},
	} {
		root := t.TempDir()
		lay(t, root, tree)
		var visited []string
		err := open(t, root).Walk(t.Context(), c.at, func(e fsys.Entry) error {
			visited = append(visited, e.Path)
			switch e.Path {
			case c.skip:
				return fsys.ErrSkipDir
			case c.stop:
				return stop
			}
			return nil
		})
		if got := strings.Join(visited, " "); got != c.visited || !errors.Is(err, c.err) {
			t.Errorf("%s: visited %s, %v, want %s, %v", c.summary, got, err, c.visited, c.err)
		}
	}
}

// TestHollow: a long file that consists mostly of holes is not read to its end.
func TestHollow(t *testing.T) {
	const long = 64 << 30
	for _, c := range []struct {
		info   fsys.Info
		hollow bool
	}{
		{fsys.Info{Type: fsys.Regular, Size: long}, false},
		{fsys.Info{Type: fsys.Regular, Size: long + 2}, true},
		{fsys.Info{Type: fsys.Regular, Size: long + 2, Used: long/2 + 1}, true},
		{fsys.Info{Type: fsys.Regular, Size: long + 2, Used: long/2 + 2}, false},
		{fsys.Info{Type: fsys.Directory, Size: long + 2}, false},
	} {
		if err := c.info.Hollow(); (err != nil) != c.hollow {
			t.Errorf("%v of %d bytes, %d on disk: %v", c.info.Type, c.info.Size, c.info.Used, err)
		}
	}
}
