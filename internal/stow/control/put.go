package control

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// put writes a file below root: a new one, or one that replaces an existing one.
// No reader sees a part of it, and it is durable.
func put(root *os.Root, name string, text []byte, replace bool) error {
	if _, err := root.Lstat(name); err == nil && !replace {
		return existsError{} // and nothing was touched; who comes at the same moment is stopped below
	}
	dir := path.Dir(name)
	if err := makeFolders(root, dir); err != nil {
		return plain(err)
	}
	owner, err := root.Stat(".")
	if replace {
		owner, err = root.Lstat(name)
	}
	if err != nil {
		return plain(err)
	}
	temp := path.Join(dir, ".:converge-"+rand.Text())
	if err := stage(root, temp, text, owner, replace); err != nil {
		return plain(err)
	}
	if replace {
		err = root.Rename(temp, name)
	} else {
		err = root.Link(temp, name)
	}
	if err != nil || !replace {
		_ = root.Remove(temp) // its other name is what counts
	}
	if errors.Is(err, fs.ErrExist) {
		return existsError{}
	}
	if err != nil {
		return plain(err)
	}
	return plain(syncFolder(root, dir))
}

// existsError is [fs.ErrExist] in words that help.
type existsError struct{}

func (existsError) Error() string {
	return "it is there already; --refresh rewrites its generated fields"
}
func (existsError) Unwrap() error { return fs.ErrExist }

// stage writes the file aside. A new one gets the owner of the package, so that
// its developer can adapt it.
func stage(root *os.Root, temp string, text []byte, owner fs.FileInfo, replace bool) error {
	if replace && !owner.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if replace && err == nil {
		err = f.Chmod(owner.Mode().Perm())
	}
	if err == nil {
		err = give(f, owner)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = root.Remove(temp) // the first error is the one to tell
	}
	return err
}

// give passes a file or directory to its owner; only root can.
func give(f *os.File, owner fs.FileInfo) error {
	st, ok := owner.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return f.Chown(int(st.Uid), int(st.Gid))
}

// makeFolders makes the directories above the file.
func makeFolders(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if err := makeFolders(root, path.Dir(dir)); err != nil {
		return err
	}
	err := root.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, err := root.Stat(".")
	if err != nil {
		return err
	}
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := give(f, owner); err != nil {
		return err
	}
	return syncFolder(root, path.Dir(dir))
}

func syncFolder(root *os.Root, dir string) error {
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// plain takes the path out of an error, which the caller names in full.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}
