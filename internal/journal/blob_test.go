package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func digestString(s string) string {
	d := sha256.Sum256([]byte(s))
	return hex.EncodeToString(d[:])
}

func write(t testing.TB, path, content string, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func replace(t testing.TB, path, content string) {
	t.Helper()
	write(t, path+".tmp", content, 0o644)
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

func keep(t testing.TB, s *State, path string) string {
	t.Helper()
	d, err := keepAt(context.Background(), s, path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func inode(t testing.TB, path string) uint64 {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

func kept(t testing.TB, s *State, digest string) (string, error) {
	t.Helper()
	b, err := s.Kept(digest)
	if err != nil {
		return "", err
	}
	r, err := b.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	var out strings.Builder
	n, err := io.Copy(&out, r)
	if err == nil && n != b.Size {
		t.Errorf("size is %d, want %d", b.Size, n)
	}
	return out.String(), err
}

// Whatever happens to a kept file until the run finishes, the old content is kept, private, and not part of the live
// tree.
func TestKeep(t *testing.T) {
	for _, c := range []struct {
		summary string
		linked  bool // during the run, and at its end
		stays   bool
		before  func(path string) // before Keep
		after   func(path string) // between Keep and Finish
	}{
		{summary: "replaced by rename", linked: true, stays: true, after: func(p string) { replace(t, p, "new") }},
		{summary: "deleted", linked: true, stays: true, after: func(p string) { os.Remove(p) }},
		{summary: "not replaced after all", linked: true},
		{
			summary: "has another name", before: func(p string) { os.Link(p, p+".other") },
			after: func(p string) { write(t, p, "written in place", 0o644) },
		},
		{summary: "setuid", linked: true, stays: true, before: func(p string) { os.Chmod(p, os.ModeSetuid|0o755) }, after: func(p string) { replace(t, p, "new") }},
		{summary: "kept twice", linked: true, stays: true, after: func(p string) { replace(t, p, "old"); replace(t, p, "new") }},
	} {
		t.Run(c.summary, func(t *testing.T) {
			dir := t.TempDir()
			live := filepath.Join(dir, "motd")
			write(t, live, "old", 0o644)
			if c.before != nil {
				c.before(live)
			}
			s := open(t, filepath.Join(dir, "state"))
			r := start(t, s, "r1")
			number := inode(t, live)
			digest := keep(t, s, live)
			blob := filepath.Join(dir, "state", s.blobName(digest))
			if digest != digestString("old") || (inode(t, blob) == number) != c.linked {
				t.Errorf("digest %s, linked %v", digest, inode(t, blob) == number)
			}
			if c.after != nil {
				c.after(live)
			}
			script(t, r, "begin x\ndone x 1\nfinish")
			info, err := os.Lstat(blob)
			if err != nil || info.Mode() != 0o600 || info.Sys().(*syscall.Stat_t).Nlink != 1 || (inode(t, blob) == number) != c.stays {
				t.Errorf("%v %v", info, err)
			}
			if got, err := kept(t, s, digest); got != "old" || err != nil {
				t.Errorf("kept %q, %v", got, err)
			}
			if got, want := "blobs/"+tree(t, dir+"/state/blobs"), s.blobName(digest); got != want {
				t.Errorf("blobs hold %s", got)
			}
		})
	}
}

func TestKeepRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "state"))
	if err := errors.Join(syscall.Mkfifo(dir+"/fifo", 0o600), os.WriteFile(dir+"/file", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"fifo": "it is not a regular file", ".": "it is not a regular file",
	} {
		_, err := keepAt(context.Background(), s, filepath.Join(dir, path))
		if err == nil || !strings.HasPrefix(err.Error(), "cannot keep old content") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	write(t, dir+"/big", strings.Repeat("x", 1<<20), 0o600)
	if _, err := keepAt(ctx, s, dir+"/big"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, digest := range []string{"", "../lock", digestString("nothing"), strings.Repeat("/", 64)} {
		if _, err := s.Kept(digest); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", digest, err)
		}
	}
}

// A content that was changed through the link is never returned as the old one, and an intact one replaces it.
func TestKeptIsVerified(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir+"/state")
	write(t, dir+"/a", "old", 0o644)
	digest := keep(t, s, dir+"/a")
	write(t, dir+"/a", "new", 0o644) // in place, through the link
	if got, err := kept(t, s, digest); !errors.Is(err, ErrDamaged) {
		t.Errorf("kept %q, %v", got, err)
	}
	s.Close() // killed before it was settled
	s = open(t, dir+"/state")
	write(t, dir+"/b", "old", 0o644)
	if keep(t, s, dir+"/b") != digest {
		t.Error("another digest")
	}
	if got, err := kept(t, s, digest); got != "old" || err != nil {
		t.Errorf("kept %q, %v", got, err)
	}
}

// A small content is read from the disk once, however often it is opened, as long as all contents in memory fit into
// the reserved memory.
func TestKeptIsReadOnce(t *testing.T) {
	for _, c := range []struct {
		summary string
		size    int
		held    int64 // bytes of other contents
		once    bool
	}{
		{"small", 100, 0, true},
		{"empty", 0, 0, true},
		{"the largest that is held", maxHeld, 0, true},
		{"large", maxHeld + 1, 0, false},
		{"the last that fits", 100, maxHeldOfAll - 100, true},
		{"no room left", 100, maxHeldOfAll - 99, false},
	} {
		t.Run(c.summary, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "state"))
			content := strings.Repeat("x", c.size)
			digest, err := s.KeepBytes(t.Context(), []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			s.inMemory.Store(c.held)
			b, err := s.Kept(digest)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := readAll(b); string(got) != content || err != nil {
				t.Fatal(len(got), err)
			}
			if err := s.root.Remove(s.blobName(digest)); err != nil {
				t.Fatal(err)
			}
			if got, err := readAll(b); c.once != (err == nil) || c.once && string(got) != content {
				t.Errorf("opened again: %d bytes, %v", len(got), err)
			}
			want := c.held
			if c.once {
				want += int64(c.size)
			}
			if got := s.inMemory.Load(); got != want {
				t.Errorf("%d bytes are held, want %d", got, want)
			}
		})
	}
}

// An unreadable content is not held in memory, and uses no reserved memory.
func TestDamagedIsNotHeld(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"))
	digest, err := s.KeepBytes(t.Context(), []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Kept(digest)
	if err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(s.root.Name(), s.blobName(digest))
	write(t, blob, "new", 0o600)
	if got, err := readAll(b); !errors.Is(err, ErrDamaged) {
		t.Errorf("read %q, %v", got, err)
	}
	write(t, blob, "old", 0o600)
	if got, err := readAll(b); string(got) != "old" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if got := s.inMemory.Load(); got != 3 {
		t.Errorf("%d bytes are held, want 3", got)
	}
}

func TestKeepBytes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	r := start(t, s, "r1")
	for range 2 {
		if d, err := s.KeepBytes(t.Context(), []byte("a listing")); d != digestString("a listing") || err != nil {
			t.Fatal(d, err)
		}
	}
	script(t, r, "finish")
	if got, err := kept(t, s, digestString("a listing")); got != "a listing" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(dir, s.blobName(digestString("a listing"))))
	if err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	s.Close()
	if _, err := s.KeepBytes(t.Context(), []byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// keepAt keeps the content of the file at a path.
func keepAt(ctx context.Context, s *State, path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return s.KeepFile(ctx, f)
}
