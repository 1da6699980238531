package edit

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestOneReadOneRename: however many parts a file has, a plan reads it once and an
// apply replaces it once.
func TestOneReadOneRename(t *testing.T) {
	for _, n := range []struct{ files, keys int }{{1, 12}, {10, 20}} {
		t.Run(fmt.Sprintf("%d keys in each of %d files", n.keys, n.files), func(t *testing.T) {
			root := t.TempDir()
			f, err := fsys.Open(root)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			p := New(Options{FS: f, RunID: "test"})
			var rs []*resource.Resource
			for i := range n.files {
				name := fmt.Sprintf("/f%d.ini", i)
				if err := os.WriteFile(filepath.Join(root, name), []byte("key1 = 0\n#key2 = 0\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				for k := range n.keys {
					r, err := resourcetest.Build(resources.Setting(p), &resourcetest.World{}, fmt.Sprint(i, k), resourcetest.Attrs("path", name, "key", fmt.Sprintf("key%d", k), "value", "1"))
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
			if opened, replaced := w.count(t); opened > 2*n.files || replaced != n.files {
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
