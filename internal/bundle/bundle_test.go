package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// entry is one of an archive: a file, or what its type says.
type entry struct {
	name, content string
	kind          byte
	mode          int64
}

func pack(t testing.TB, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: e.mode, Linkname: e.content}
		if e.kind == 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeReg, "", int64(len(e.content))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			if _, err := w.Write([]byte(e.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// tree lists the files below a folder with their contents, and links.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		out = append(out, strings.TrimPrefix(path, dir+"/")+" "+info.Mode().String()+" "+string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func TestFolder(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name, path, content string
		want, err           string
	}{
		{"files", "/site.tar.gz", pack(t, entry{name: "site.hcl", content: "a"}, entry{name: "bin/run", content: "b", mode: 0o4755}), "bin/run -rwxr-xr-x b\nsite.hcl -rw-r--r-- a", ""},
		{"packed as ./", "/s.tgz", pack(t, entry{name: "./", kind: tar.TypeDir}, entry{name: "./site.hcl", content: "a"}), "site.hcl -rw-r--r-- a", ""},
		{"packed with its folder", "/s.tgz", pack(t, entry{name: "web-1.0/", kind: tar.TypeDir}, entry{name: "web-1.0/site.hcl", content: "a"}), "site.hcl -rw-r--r-- a", ""},
		{"a link inside", "/s", pack(t, entry{name: "a/l", content: "../site.hcl", kind: tar.TypeSymlink}, entry{name: "site.hcl", content: "a"}), "a/l Lrwxrwxrwx a\nsite.hcl -rw-r--r-- a", ""},
		{"a manifest", "/x/web.hcl?token=1", "a = 1\n", "web.hcl -rw-r--r-- a = 1\n", ""},
		{"a manifest in JSON", "/web.hcl.json", "{}", "web.hcl.json -rw-r--r-- {}", ""},
		{"something else", "/web.zip", "PK", "", "is neither a gzipped tar archive nor a manifest"},
		{"half an archive", "/s.tar.gz", pack(t, entry{name: "site.hcl", content: long})[:500], "", "unexpected EOF"},
		{"a path that leads out", "/s.tar.gz", pack(t, entry{name: "../site.hcl", content: "a"}), "", "the path leads out of the archive"},
		{"an absolute path", "/s.tar.gz", pack(t, entry{name: "/etc/site.hcl", content: "a"}), "", "the path leads out of the archive"},
		{"a link that leads out", "/s.tar.gz", pack(t, entry{name: "l", content: "/etc/passwd", kind: tar.TypeSymlink}), "", "leads to nothing in the archive"},
		{"a link that leads out by another", "/s.tar.gz", pack(t,
			entry{name: "s", kind: tar.TypeDir}, entry{name: "p/q/r", content: "../../s", kind: tar.TypeSymlink}, entry{name: "t", content: "p/q/r/../..", kind: tar.TypeSymlink}), "", "leads to nothing in the archive"},
		{"a file through a link that leads out", "/s.tar.gz", pack(t, entry{name: "l", content: "/tmp", kind: tar.TypeSymlink}, entry{name: "l/x", content: "a"}), "", `cannot unpack "l/x"`},
		{"the same file twice", "/s.tar.gz", pack(t, entry{name: "a", content: "1"}, entry{name: "a", content: "2"}), "", "file exists"},
		{"a hard link", "/s.tar.gz", pack(t, entry{name: "a", content: "1"}, entry{name: "b", content: "a", kind: tar.TypeLink}), "", "--hard-dereference"},
		{"a device", "/s.tar.gz", pack(t, entry{name: "null", kind: tar.TypeChar}), "", "neither a file nor a folder"},
		{"a pipe", "/s.tar.gz", pack(t, entry{name: "p", kind: tar.TypeFifo}), "", "neither a file nor a folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				_, _ = w.Write([]byte(tt.content))
			}))
			defer server.Close()
			store := &Store{Dir: filepath.Join(t.TempDir(), "state/modules")}
			dir, err := store.Folder(t.Context(), server.URL+tt.path, digestOf(tt.content))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				if left, err := os.ReadDir(store.Dir); err != nil || len(left) > 0 {
					t.Errorf("%v is left, %v", left, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := tree(t, dir); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			server.Close() // the second time needs no network
			if again, err := store.Folder(t.Context(), server.URL+tt.path, digestOf(tt.content)); err != nil || again != dir || requests != 1 {
				t.Errorf("the second time: %s, %v, %d requests", again, err, requests)
			}
		})
	}
}

// What the digest does not match is not kept, nor is a digest followed as a path.
func TestFolderChecksDigests(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(pack(t, entry{name: "site.hcl", content: "a"})))
	}))
	defer server.Close()
	store := &Store{Dir: t.TempDir()}
	for digest, want := range map[string]string{
		digestOf("other"):          "what is there has SHA-256",
		"../../etc":                "64 lower-case hexadecimal digits",
		"":                         "64 lower-case hexadecimal digits",
		strings.Repeat("A", 64):    "64 lower-case hexadecimal digits",
		digestOf("other") + "\n/x": "64 lower-case hexadecimal digits",
	} {
		if _, err := store.Folder(t.Context(), server.URL, digest); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", digest, err, want)
		}
	}
	if left, err := os.ReadDir(store.Dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// A folder that no run has used for long goes when another one is fetched, and what
// a killed run left of one goes sooner.
func TestFolderRemovesOldOnes(t *testing.T) {
	store := &Store{Dir: t.TempDir()}
	long := time.Now().Add(-100 * 24 * time.Hour)
	for name, stamp := range map[string]time.Time{"old": long, "used": time.Now().Add(-time.Hour), staged + "killed": time.Now().Add(-2 * time.Hour), staged + "now": time.Now()} {
		dir := filepath.Join(store.Dir, name)
		if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.keep(t.Context(), digestOf("a"), []byte("a"), "http://h/a.hcl"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(store.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got, want := strings.Join(names, " "), staged+"now "+digestOf("a")+" used"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
}

// What another user could have put there is not taken for what was fetched. The
// folders above the state folder are for everybody.
func TestFolderOfOthers(t *testing.T) {
	above := filepath.Join(t.TempDir(), "var/lib")
	store := &Store{Dir: filepath.Join(above, "converge/modules")}
	digest := digestOf("a")
	if err := store.keep(t.Context(), digest, []byte("a"), "http://h/a.hcl"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(above); err != nil || info.Mode().Perm()&0o055 != 0o055 {
		t.Errorf("the folder above: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(store.Dir)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder: %v, %v", info.Mode(), err)
	}
	for _, dir := range []string{store.Dir, filepath.Dir(store.Dir)} {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Folder(t.Context(), "http://h.invalid/a.hcl", digest); err == nil || !strings.Contains(err.Error(), "can write in it") {
			t.Errorf("%s for everybody: %v", dir, err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte(pack(f, entry{name: "a/b", content: "x"}, entry{name: "l", content: "a", kind: tar.TypeSymlink}, entry{name: "l/c", content: "y"})))
	f.Fuzz(func(t *testing.T, packed []byte) {
		outside := t.TempDir()
		dir := filepath.Join(outside, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		_ = fillFrom(t.Context(), root, packed) // what it refuses is no matter here
		if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
			t.Errorf("it wrote %v outside, %v", entries, err)
		}
	})
}
