package edit

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// watch counts what happens to the files in a directory: how often any is opened, and
// how often one takes the place of another one.
type watch int

func watchDir(t *testing.T, dir string) watch {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_OPEN|unix.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	return watch(fd)
}

// count returns what has happened since the last call to files that are no staged ones.
func (w watch) count(t *testing.T) (opened, replaced int) {
	t.Helper()
	buf := make([]byte, 1<<20)
	n, err := unix.Read(int(w), buf)
	if err != nil && err != unix.EAGAIN {
		t.Fatal(err)
	}
	for at := 0; at < n; {
		mask := binary.NativeEndian.Uint32(buf[at+4:])
		size := binary.NativeEndian.Uint32(buf[at+12:])
		name := strings.TrimRight(string(buf[at+unix.SizeofInotifyEvent:at+unix.SizeofInotifyEvent+int(size)]), "\x00")
		at += unix.SizeofInotifyEvent + int(size)
		switch {
		case mask&unix.IN_ISDIR != 0 || !strings.HasPrefix(name, "f"):
		case mask&unix.IN_OPEN != 0:
			opened++
		case mask&unix.IN_MOVED_TO != 0:
			replaced++
		}
	}
	return opened, replaced
}

// numberedKey is a public key that no other number has.
func numberedKey(n int) string {
	blob := "\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + fmt.Sprintf("%032d", n)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString([]byte(blob))
}

// TestOneReadOneRename: however many parts a file has, a plan reads it once, and an
// apply does not read it again, and replaces it once.
func TestOneReadOneRename(t *testing.T) {
	a := resourcetest.Attrs
	setting := func(name string, k int) map[string]cty.Value {
		return a("path", name, "key", fmt.Sprintf("key%d", k), "value", "1")
	}
	key := func(name string, k int) map[string]cty.Value { return a("path", name, "key", numberedKey(k)) }
	host := func(name string, k int) map[string]cty.Value {
		return a("path", name, "host", fmt.Sprintf("h%d", k), "keys", []string{numberedKey(k)})
	}
	for _, n := range []struct {
		files, keys int
		kind        func(resource.Provider) *resource.Kind
		attrs       func(name string, k int) map[string]cty.Value
	}{
		{1, 12, resources.Setting, setting},
		{10, 20, resources.Setting, setting},
		{2, 50, resources.AuthorizedKey, key},
		{2, 50, resources.KnownHost, host},
	} {
		t.Run(fmt.Sprintf("%d of kind %s in each of %d files", n.keys, n.kind(nil).Name, n.files), func(t *testing.T) {
			root := t.TempDir()
			f, err := fsys.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p := New(Options{FS: f, RunID: "test"})
			p.now = func() time.Time { return time.Now().Add(time.Hour) } // the files are old
			var rs []*resource.Resource
			for i := range n.files {
				name := fmt.Sprintf("/f%d.ini", i)
				if err := os.WriteFile(filepath.Join(root, name), []byte("key1 = 0\n#key2 = 0\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				for k := range n.keys {
					r, err := resourcetest.Build(n.kind(p), &resourcetest.World{}, fmt.Sprint(i, k), n.attrs(name, k))
					if err != nil {
						t.Fatal(err)
					}
					rs = append(rs, r)
				}
			}
			w := watchDir(t, root)
			var cs []resource.Change
			for _, r := range rs {
				have, err := p.Observe(context.Background(), r.Want)
				if err != nil {
					t.Fatal(err)
				}
				cs = append(cs, resource.Diff(r, have))
			}
			if _, err := p.Solve(context.Background(), cs, nil); err != nil {
				t.Fatal(err)
			}
			if opened, replaced := w.count(t); opened != n.files || replaced != 0 {
				t.Errorf("the plan opened files %d times, and replaced %d", opened, replaced)
			}
			out := p.ApplyAll(context.Background(), cs, resource.Forecast{})
			for i := range cs {
				if err := out.Err(i); err != nil {
					t.Fatal(err)
				}
			}
			if opened, replaced := w.count(t); opened != 0 || replaced != n.files {
				t.Errorf("the apply opened files %d times, and replaced %d", opened, replaced)
			}
			for _, r := range rs {
				if have, err := p.Observe(context.Background(), r.Want); err != nil || !resource.Diff(r, have).Empty() {
					t.Fatal(have, err)
				}
			}
			if opened, _ := w.count(t); opened != n.files {
				t.Errorf("the next plan opened files %d times", opened)
			}
		})
	}
}

// countingAccess counts how often the file of a part is looked up.
type countingAccess struct {
	Access
	asked int
}

func (a *countingAccess) Locate(_ context.Context, w *resources.Part) (string, error) {
	a.asked++
	return "/f" + w.User.Value, nil
}

func (a *countingAccess) Forget() {}

// TestDeclaredPartsAreDecodedOnce: however many files are changed, each declared part is
// decoded once to find those that have to stay right.
func TestDeclaredPartsAreDecodedOnce(t *testing.T) {
	root := t.TempDir()
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const n = 40
	access := &countingAccess{}
	p := New(Options{FS: f, RunID: "test", Access: access})
	var rs []*resource.Resource
	for i := range 2 * n {
		r, err := resourcetest.Build(resources.AuthorizedKey(p), &resourcetest.World{}, fmt.Sprint(i), resourcetest.Attrs("user", fmt.Sprint("u", i), "key", numberedKey(i)))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, fmt.Sprint("fu", i)), nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	p.Declare(rs)
	var cs []resource.Change
	for _, r := range rs[:n] {
		cs = append(cs, resource.Diff(r, resource.Absent))
	}
	for range 3 {
		access.asked = 0
		if _, err := p.Solve(context.Background(), cs, nil); err != nil {
			t.Fatal(err)
		}
		if access.asked > n+len(rs) {
			t.Errorf("the files of %d declared parts were looked up %d times for %d changes", len(rs), access.asked, n)
		}
	}
}
