package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"converge/internal/unpack"
)

// bzipped is an archive with the three entries of plain, because the standard library cannot write bzip2.
const bzipped = "QlpoMTFBWSZTWYohbygAAKv7gMmQEABAAf+ACCpsBd5ACCggAJIJKk8JqGRppkYaRh6g2opiExBtRo08o0B+9Vq2SUFewgd3kJAs+UdicGwRlFmsm5cCEyFhSxJq7E1ItYCRcnQjWlIiNaLO0aC632lUqZQIuHZkCsfKkj1KB50cUC4m2E5raBwt/qxE+zvFMy31TDeLUIORdyRThQkIohbygA=="

// entry is an entry of an archive: a file, or the type in kind.
type entry struct {
	name, content string
	kind          byte // of tar
	mode          int64
}

// plain returns the entries of the archives in all formats.
func plain() []entry {
	return []entry{{name: "app/run", content: "run\n", mode: 0o755}, {name: "app/doc/a.txt", content: "a\n", mode: 0o644}, {name: "app/l", content: "run", kind: tar.TypeSymlink}}
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: e.mode, Linkname: e.content, ModTime: time.Unix(1700000000, 0)}
		if e.kind == 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeReg, "", int64(len(e.content))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			if _, err := io.WriteString(w, e.content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: time.Unix(1700000000, 0)}
		h.SetMode(fs.FileMode(e.mode))
		if e.kind == tar.TypeSymlink {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, e.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed compresses with a writer.
func packed[W io.WriteCloser](t testing.TB, make func(io.Writer) (W, error), content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := make(&b)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, content []byte) []byte {
	return packed(t, func(w io.Writer) (*gzip.Writer, error) { return gzip.NewWriter(w), nil }, content)
}

// unpackTo unpacks into a new folder below the returned one.
func unpackTo(t testing.TB, content []byte, rules unpack.Rules) (dir string, err error) {
	t.Helper()
	outside := t.TempDir()
	dir = filepath.Join(outside, "in")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	a, err := unpack.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return dir, err
	}
	w := unpack.Writer{To: root, Times: true, Mode: func(e unpack.Entry) fs.FileMode {
		if e.Type == unpack.Folder {
			return 0o755
		}
		return e.Mode &^ 0o022
	}}
	if err := a.Walk(t.Context(), rules, w.Add); err != nil {
		return dir, err
	}
	err = w.End()
	if left, lerr := os.ReadDir(outside); lerr != nil || len(left) != 1 {
		t.Errorf("it wrote outside: %v, %v", left, lerr)
	}
	return dir, err
}

// show lists everything below a folder.
func show(t testing.TB, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		line := strings.TrimPrefix(p, dir+"/") + " " + info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", b)
		case info.Mode()&fs.ModeSymlink != 0:
			text, _ := os.Readlink(p)
			line += " -> " + text
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func wide() unpack.Rules {
	return unpack.Rules{MaxBytes: 1 << 20, MaxEntries: 100, HardLinks: true, Dangling: true}
}

// TestFormats: the format is detected by the content, and the result is the same for each, with any umask.
func TestFormats(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	const want = "app drwxr-xr-x\napp/doc drwxr-xr-x\napp/doc/a.txt -rw-r--r-- \"a\\n\"\napp/l Lrwxrwxrwx -> run\napp/run -rwxr-xr-x \"run\\n\""
	plainTar := tarOf(t, plain()...)
	for name, content := range map[string][]byte{
		"tar": plainTar, "gzip": gzipOf(t, plainTar), "bzip2": bz, "zip": zipOf(t, plain()...),
		"xz":   packed(t, func(w io.Writer) (*xz.Writer, error) { return xz.NewWriter(w) }, plainTar),
		"zstd": packed(t, func(w io.Writer) (*zstd.Encoder, error) { return zstd.NewWriter(w) }, plainTar),
	} {
		dir, err := unpackTo(t, content, wide())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := show(t, dir); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		info, err := os.Stat(filepath.Join(dir, "app/run"))
		if err != nil || info.ModTime().Unix() != 1700000000 {
			t.Errorf("%s: the time of the file is %v, %v", name, info.ModTime(), err)
		}
	}
}

// TestWalk: each row is an archive, with its result or the reason why it is refused.
func TestWalk(t *testing.T) {
	strip := func(n int) unpack.Rules { r := wide(); r.Strip = n; return r }
	without := func(patterns ...string) unpack.Rules {
		r := wide()
		r.Exclude = func(p string) bool {
			for _, pattern := range patterns {
				if ok, _ := path.Match(pattern, p); ok {
					return true
				}
			}
			return false
		}
		return r
	}
	few, little, strict := wide(), wide(), wide()
	few.MaxEntries, little.MaxBytes, strict.HardLinks, strict.Dangling = 2, 5, false, false
	file := func(name string) entry { return entry{name: name, content: "x", mode: 0o644} }
	link := func(name, text string) entry { return entry{name: name, content: text, kind: tar.TypeSymlink} }
	folder := func(name string, mode int64) entry { return entry{name: name, kind: tar.TypeDir, mode: mode} }
	hard := func(name, target string) entry { return entry{name: name, content: target, kind: tar.TypeLink} }
	const a = "a -rw-r--r-- \"x\""
	for _, tt := range []struct {
		name      string
		content   []byte
		rules     unpack.Rules
		want, err string
	}{
		{"strip", tarOf(t, folder("app-1/", 0o755), file("app-1/a")), strip(1), a, ""},
		{"strip more than there is", tarOf(t, file("a"), file("d/b")), strip(3), "", "strip = 3 and exclude leave nothing"},
		{"strip drops what is above", tarOf(t, file("README"), file("d/a")), strip(1), a, ""},
		{"exclude a folder", tarOf(t, file("doc/x/y"), file("a")), without("doc"), a, ""},
		{"an excluded device is no matter", tarOf(t, entry{name: "null", kind: tar.TypeChar}, file("a")), without("null"), a, ""},
		{"setuid is dropped", tarOf(t, entry{name: "a", content: "x", mode: 0o6755}), wide(), "a -rwxr-xr-x \"x\"", ""},
		{"for all to write", tarOf(t, entry{name: "a", content: "x", mode: 0o666}), wide(), a, ""},
		{"a folder that comes late", tarOf(t, file("d/a"), folder("d", 0o700)), wide(), "d drwxr-xr-x\nd/" + a, ""},
		{"a hard link", tarOf(t, file("a"), hard("b", "a"), hard("c", "b")), wide(), a + "\nb" + a[1:] + "\nc" + a[1:], ""},
		{"a hard link, stripped", tarOf(t, file("d/a"), hard("d/b", "d/a")), strip(1), a + "\nb" + a[1:], ""},
		{"a hard link to what is not there", tarOf(t, hard("b", "a")), wide(), "", "no earlier file of the archive"},
		{"a hard link to a link", tarOf(t, link("a", "x"), hard("b", "a")), wide(), "", "no earlier file of the archive"},
		{"a hard link that leads out", tarOf(t, hard("b", "../../etc/passwd")), wide(), "", "no earlier file of the archive"},
		{"no hard links", tarOf(t, file("a"), hard("b", "a")), strict, "", "--hard-dereference"},
		{"a path that leads out", tarOf(t, file("../a")), wide(), "", "leads out of the archive"},
		{"a path that leads out on the way", tarOf(t, file("x/../../a")), wide(), "", "leads out of the archive"},
		{"a path that leads out once stripped", tarOf(t, file("x/../../a")), strip(1), "", "leads out of the archive"},
		{"an absolute path", tarOf(t, file("/a")), wide(), "", "leads out of the archive"},
		{"a path that leads out, in a zip", zipOf(t, file("../a")), wide(), "", "leads out of the archive"},
		{"a link that leads out, in a zip", zipOf(t, link("l", "../x")), wide(), "", "leads out of the archive"},
		{"an absolute link", tarOf(t, link("l", "/etc/passwd")), wide(), "", "leads out of the archive"},
		{"a link that leads out", tarOf(t, link("d/l", "../../x")), wide(), "", "leads out of the archive"},
		{"a link that leads out by another", tarOf(t, folder("s", 0o755), link("p/q/r", "../../s"), link("t", "p/q/r/../..")), wide(), "", "leads out of the archive"},
		{"a link that leads out once stripped", tarOf(t, link("d/l", "../x")), strip(1), "", "leads out of the archive"},
		{"a link to nothing", tarOf(t, link("l", "x/y")), wide(), "l Lrwxrwxrwx -> x/y", ""},
		{"a link to nothing, strictly", tarOf(t, link("l", "x/y")), strict, "", "leads to nothing in the archive"},
		{"a link to itself", tarOf(t, link("l", "l")), wide(), "l Lrwxrwxrwx -> l", ""},
		{"a file through a link", tarOf(t, link("l", "d"), file("l/x")), wide(), "", `lies below "l"`},
		{"a file through a link that leads out", tarOf(t, link("l", "/tmp"), file("l/x")), wide(), "", `lies below "l"`},
		{"a file in place of a folder", tarOf(t, file("d/a"), file("d")), wide(), "", "exists twice"},
		{"a folder in place of a link", tarOf(t, link("d", "a"), folder("d", 0o755)), wide(), "", "exists twice"},
		{"a device", tarOf(t, entry{name: "null", kind: tar.TypeChar}), wide(), "", "neither a file nor a folder"},
		{"a pipe", tarOf(t, entry{name: "p", kind: tar.TypeFifo}), wide(), "", "neither a file nor a folder"},
		{"too many entries", tarOf(t, file("a"), file("b"), file("c")), few, "", "more than 2 entries"},
		{"too many bytes", tarOf(t, file("a"), entry{name: "b", content: "12345", mode: 0o644}), little, "", "more than 5 bytes"},
		{"a bomb", gzipOf(t, tarOf(t, entry{name: "b", content: strings.Repeat("\x00", 4<<20), mode: 0o644})), wide(), "", "more than 1048576 bytes"},
		{"a bomb, in a zip", zipOf(t, entry{name: "b", content: strings.Repeat("\x00", 4<<20), mode: 0o644}), wide(), "", "more than 1048576 bytes"},
		{"an excluded bomb", gzipOf(t, tarOf(t, entry{name: "b", content: strings.Repeat("\x00", 8<<20), mode: 0o644})), without("b"), "", "more than 1048576 bytes"},
		{"half of it", gzipOf(t, tarOf(t, file("a")))[:60], wide(), "", "unexpected EOF"},
		{"no archive", []byte("#!/bin/sh\n"), wide(), "", "neither a tar archive"},
		{"nothing", nil, wide(), "", "neither a tar archive"},
		{"a page", []byte(strings.Repeat("<html>", 200)), wide(), "", "neither a tar archive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, err := unpackTo(t, tt.content, tt.rules)
			if tt.err != "" || err != nil {
				if err == nil || !strings.Contains(err.Error(), tt.err) || tt.err == "" {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if got := show(t, dir); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	_, err := unpack.Open(strings.NewReader("x"), 1)
	if !errors.Is(err, unpack.ErrUnknown) {
		t.Error(err)
	}
}

// FuzzUnpack: no archive makes it write outside, or more than the bounds allow; and no unpacked link leads elsewhere.
func FuzzUnpack(f *testing.F) {
	f.Add(tarOf(f, plain()...))
	f.Add(gzipOf(f, tarOf(f, entry{name: "a/b", content: "x"}, entry{name: "l", content: "a", kind: tar.TypeSymlink}, entry{name: "h", content: "a/b", kind: tar.TypeLink})))
	f.Add(zipOf(f, plain()...))
	f.Add(tarOf(f, entry{name: "d/l", content: "../../x", kind: tar.TypeSymlink}))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir, err := unpackTo(t, content, unpack.Rules{MaxBytes: 1 << 16, MaxEntries: 50, Strip: len(content) % 3, HardLinks: true, Dangling: true})
		if outside, rerr := os.ReadDir(filepath.Dir(dir)); rerr != nil || len(outside) != 1 {
			t.Errorf("it wrote outside: %v, %v", outside, rerr)
		}
		if err != nil {
			return
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		size := int64(0)
		err = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err != nil || p == dir {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Mode().IsRegular() {
				size += info.Size() / int64(info.Sys().(*syscall.Stat_t).Nlink)
			}
			if _, serr := root.Stat(strings.TrimPrefix(p, dir+"/")); serr != nil && !errors.Is(serr, fs.ErrNotExist) && !errors.Is(serr, syscall.ELOOP) && !errors.Is(serr, syscall.ENOTDIR) {
				t.Errorf("%q leads out: %v", p, serr)
			}
			return err
		})
		if err != nil || size > 1<<16 {
			t.Errorf("%d bytes, %v", size, err)
		}
	})
}
