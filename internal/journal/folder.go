package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"converge/internal/fsys"
)

// folder is the open state folder.
type folder struct {
	root     *os.Root // nil: closed, or read only and missing
	lock     *os.File // nil: read only
	readOnly bool
	holder   string // names the process of a run that was found in progress
}

func (f *folder) checkWritable() error {
	switch {
	case f.readOnly:
		return errors.New("cannot write state: it was opened to be read only")
	case f.root == nil:
		return fmt.Errorf("cannot write state: %w", os.ErrClosed)
	}
	return nil
}

// openFolder opens the state folder and, unless readOnly, makes its missing parts. Nobody but its owner may be able to
// write in it: its content decides about restarts and removals as root.
func openFolder(dir string, readOnly bool) (*os.Root, error) {
	if !readOnly {
		if err := makeFolder(dir, 0o700); err != nil {
			return nil, fmt.Errorf("cannot make state folder: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open state folder: %w", err)
	}
	if err := checkFolder(root, readOnly); err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
}

// makeFolder makes a durable folder. With an ordinary mode it also makes the folders above it, which other programs
// share.
func makeFolder(dir string, mode fs.FileMode) error {
	err := os.Mkdir(dir, mode)
	if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		if err := makeFolder(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		err = os.Mkdir(dir, mode)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil // not a folder: opening it reports that
	case err != nil:
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func checkFolder(root *os.Root, readOnly bool) error {
	info, err := root.Stat(".")
	if err != nil {
		return fmt.Errorf("cannot open state folder: %w", err)
	}
	owner, mode := info.Sys().(*syscall.Stat_t).Uid, info.Mode().Perm()
	switch {
	case int(owner) != os.Geteuid() && owner != 0:
		return fmt.Errorf("cannot use state folder %s: it belongs to user %d, not to user %d", root.Name(), owner, os.Geteuid())
	case mode&0o022 != 0:
		return fmt.Errorf("cannot use state folder %s: others can write in it (mode %#o)", root.Name(), mode)
	}
	if err := checkOurs(root); err != nil {
		return err
	}
	if readOnly {
		return nil
	}
	if mode != 0o700 {
		// Others can read it, and replaced contents may have been secret.
		if err := root.Chmod(".", 0o700); err != nil {
			return fmt.Errorf("cannot make state folder private: %w", err)
		}
	}
	for _, sub := range []string{"runs", "blobs"} {
		err := root.Mkdir(sub, 0o700)
		if errors.Is(err, fs.ErrExist) {
			var d *os.File
			if d, err = openDir(root, sub); err == nil {
				err = d.Close()
			}
		}
		if err != nil {
			return fmt.Errorf("cannot make state folder: %w", err)
		}
	}
	return nil
}

// checkOurs refuses a folder that contains something other than a state, because nothing may be changed there, not
// even its mode. It also refuses a state in which something else has replaced a file or a folder.
func checkOurs(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("cannot open state folder: %w", err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return fmt.Errorf("cannot open state folder: %w", err)
	}
	strange, whole := "", 0
	var replaced error
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == "runs" || name == "blobs" || name == "lock":
			whole++
		case !isStateName(name) && (strange == "" || name < strange):
			strange = name
		}
		if err := checkType(root, name, e.Type()); err != nil {
			replaced = err
		}
	}
	if replaced != nil && strange == "" {
		return fmt.Errorf("cannot use state folder: %w", replaced)
	}
	if strange == "" || whole == 3 { // a foreign file beside a whole state is ignored
		return nil
	}
	return fmt.Errorf("cannot use %s as state folder: it holds %q, and is no state folder of converge. Name an empty folder, or one that does not exist", root.Name(), strange)
}

// checkType returns an error if something else has replaced a file or folder of the state. It allows anything in place
// of the status, because the next run writes that again. The reader of the pointer checks the pointer.
func checkType(root *os.Root, name string, t fs.FileMode) error {
	switch name {
	case "runs", "blobs", "secrets", "running":
		if !t.IsDir() {
			return notFolder(root, name)
		}
	case "lock", "owed", "ledger", keyFile:
		if !t.IsRegular() {
			return notRegular(root, name)
		}
	}
	return nil
}

// ModulesDir is the folder of the state folder in which fetched modules are kept. They do not belong to the state: a
// run that needs a missing module fetches it.
const ModulesDir = "modules"

// isStateName reports whether a state folder may contain a file with that name. A remainder of a killed write has such
// a name, too, with an addition.
func isStateName(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	switch first {
	case "runs", "blobs", "lock", "current", "owed", "ledger", "secrets", "running", keyFile, "status", ModulesDir, "report", "lost+found":
		return true
	}
	return false
}

// openFile opens a file of the state folder for reading. Anything but a regular file is damage: opening a pipe would
// wait for its other end.
func openFile(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, orDamage(root, name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(root, name)
	}
	if err != nil {
		_ = f.Close() // nothing was read from it
		return nil, err
	}
	return f, nil
}

func notRegular(root *os.Root, name string) error { return replacedError(root, name, "regular file") }

func notFolder(root *os.Root, name string) error { return replacedError(root, name, "folder") }

func replacedError(root *os.Root, name, noun string) error {
	return fmt.Errorf("%s/%s: %w: it is not a %s", root.Name(), name, ErrDamaged, noun)
}

// orDamage explains why a file of the state folder cannot be opened: err, or something else is in its place, such as a
// dangling link.
func orDamage(root *os.Root, name string, err error) error {
	if info, lerr := root.Lstat(name); lerr == nil && !info.Mode().IsRegular() {
		return notRegular(root, name)
	}
	return err
}

// openDir opens a folder of the state folder; anything else is damage.
func openDir(root *os.Root, name string) (*os.File, error) {
	d, err := root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
	if info, lerr := root.Lstat(name); err != nil && lerr == nil && !info.IsDir() {
		return nil, notFolder(root, name)
	}
	return d, err
}

// readFile reads a whole file of the state folder.
func readFile(root *os.Root, name string) ([]byte, error) { return readTail(root, name, math.MaxInt64) }

// readTail reads at most that many bytes from the end of a file of the state folder.
func readTail(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := openFile(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-most), most))
}

// removeFile removes a file of the state folder, if it exists.
func removeFile(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// syncSub makes the names in a folder of the state folder durable.
func syncSub(root *os.Root, name string) error {
	d, err := openDir(root, name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// replaceFile writes a whole file of the state folder: a reader finds the old or the new one, even after a power cut.
// The caller syncs the folder.
func replaceFile(root *os.Root, name string, data []byte) error {
	return fsys.ReplaceFile(root, name, data, fsys.Replacement{Staged: stagedName(name), Sync: true})
}

// stagedName is the name of a file of the state folder while it is written. The lock admits one writer, so one name
// suffices.
func stagedName(name string) string { return name + ".new" }
