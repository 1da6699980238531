package stowtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mountOptions keep the kernel from writing by itself during a trial, and from compensating for missing syncs.
const mountOptions = "commit=300,noauto_da_alloc,noinit_itable"

// NoDisks explains why [Scene.Cuts] cannot use disks here; "" if it can.
func NoDisks(ctx context.Context, dir string) string {
	image, at := filepath.Join(dir, "disk"), filepath.Join(dir, "mounted")
	err := makeImage(ctx, image)
	if err == nil {
		err = os.Mkdir(at, 0o755)
	}
	if err == nil {
		err = mountImage(image, at)
	}
	if err == nil {
		err = unix.Unmount(at, 0)
	}
	if err != nil {
		return fmt.Sprintf("no ext4 image can be mounted: %v", err)
	}
	return ""
}

// makeImage makes an empty disk.
func makeImage(ctx context.Context, path string) error {
	err := os.WriteFile(path, nil, 0o600)
	if err == nil {
		err = os.Truncate(path, 16<<20)
	}
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mkfs.ext4: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// disks are the file systems of a tree: images that are mounted in it for the calling thread and its children only, so
// that nothing stays mounted, even after a crash.
type disks struct {
	t      *testing.T
	dir    string   // of the images
	root   string   // of the tree
	mounts []string // where each is mounted in the tree, the others below the first
	made   bool
	up     int // number of mounted disks
	uses   int // number of times that they were mounted
}

// The states of a disk that are kept as images.
const (
	pristine = "pristine" // before the command
	live     = "live"     // mounted
	synced   = "synced"   // with only the synced changes
	flushed  = "flushed"  // after the kernel's own commit of all changes
)

func newDisks(t *testing.T, root string, mounts []string) *disks {
	t.Helper()
	runtime.LockOSThread() // and never unlock: the thread ends with the test, and with it its mounts
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatalf("cannot have mounts of our own: %v", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_SLAVE|unix.MS_REC, ""); err != nil {
		t.Fatalf("cannot keep mounts to ourselves: %v", err)
	}
	d := &disks{t: t, dir: filepath.Dir(root), root: root, mounts: mounts}
	t.Cleanup(d.unmountAll)
	return d
}

func (d *disks) imagePath(i int, state string) string {
	name := "disk-" + strconv.Itoa(i) + "." + state
	if state == live {
		name += strconv.Itoa(d.uses)
	}
	return filepath.Join(d.dir, name)
}

// makeTree mounts the tree in its state before the command.
func (d *disks) makeTree(build func(t testing.TB, root string)) {
	if !d.made {
		d.makeImages(build)
	}
	states := make([]string, len(d.mounts))
	for i := range states {
		states[i] = pristine
	}
	d.mountStates(states)
}

// makeImages builds the tree and copies it to new disks.
func (d *disks) makeImages(build func(t testing.TB, root string)) {
	plain := filepath.Join(d.dir, "plain")
	d.mustRun(os.MkdirAll(d.root, 0o755))
	build(d.t, d.root)
	d.mustRun(os.Rename(d.root, plain))
	for i := range d.mounts {
		d.mustRun(makeImage(context.Background(), d.imagePath(i, live)))
		d.mountDisk(i)
		d.mustRun(os.Remove(filepath.Join(d.root, d.mounts[i], "lost+found")))
	}
	d.mustRun(os.CopyFS(d.root, os.DirFS(plain)))
	for i, at := range d.mounts {
		d.mustRun(syncDisk(filepath.Join(d.root, at)))
		d.mustRun(copyImage(d.imagePath(i, live), d.imagePath(i, pristine)))
	}
	d.made = true
}

func (d *disks) mustRun(err error) {
	if err != nil {
		d.t.Fatal(err)
	}
}

// syncDisk writes all that is on the disk below at.
func syncDisk(at string) error {
	dir, err := os.Open(at)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd()))
}

func (d *disks) mountDisk(i int) {
	at := filepath.Join(d.root, d.mounts[i])
	d.mustRun(os.MkdirAll(at, 0o755))
	d.mustRun(mountImage(d.imagePath(i, live), at))
	d.up++
}

func (d *disks) unmountAll() {
	if d.up == 0 {
		return
	}
	// A child of another test may hold our files open until it executes its program. By then this image is no longer
	// used.
	d.mustRun(unix.Unmount(filepath.Join(d.root, d.mounts[0]), unix.MNT_DETACH))
	for ; d.up > 0; d.up-- {
		d.mustRun(os.Remove(d.imagePath(d.up-1, live)))
	}
	d.uses++
}

// mountStates mounts each disk in one of its states.
func (d *disks) mountStates(states []string) {
	d.unmountAll()
	for i, state := range states {
		d.mustRun(copyImage(d.imagePath(i, state), d.imagePath(i, live)))
		d.mountDisk(i)
	}
}

// cutPower cuts the power: it keeps what each disk contains at this moment, and what it would contain after the kernel's
// periodic commit.
func (d *disks) cutPower() {
	for i := range d.mounts {
		d.mustRun(copyImage(d.imagePath(i, live), d.imagePath(i, synced)))
	}
	for i, at := range d.mounts {
		d.commitJournal(filepath.Join(d.root, at))
		d.mustRun(copyImage(d.imagePath(i, live), d.imagePath(i, flushed)))
	}
	d.unmountAll()
}

// commitJournal makes the kernel write the journal, which contains the changes of names. A sync of an unrelated file
// does that without writing the contents of others, like the periodic commit.
func (d *disks) commitJournal(at string) {
	fd, err := unix.Open(at, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	d.mustRun(err)
	_, err = unix.Write(fd, []byte("x"))
	d.mustRun(err)
	d.mustRun(unix.Fsync(fd))
	d.mustRun(unix.Close(fd))
}

// listStates returns every combination of the states that the disks may have after a cut.
func (d *disks) listStates() [][]string {
	all := [][]string{nil}
	for range d.mounts {
		var longer [][]string
		for _, s := range all {
			longer = append(longer, append(s[:len(s):len(s)], synced), append(s[:len(s):len(s)], flushed))
		}
		all = longer
	}
	return all
}
