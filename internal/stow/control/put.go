package control

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"

	"converge/internal/fsys"
)

// putFile makes or replaces a file below root. Readers never see a partial file, and the result is durable.
func putFile(root *os.Root, name string, text []byte, replace bool) error {
	if _, err := root.Lstat(name); err == nil && !replace {
		return existsError{} // nothing was changed; ReplaceFile refuses a file made in the meantime
	}
	dir := path.Dir(name)
	if err := makeFolders(root, dir); err != nil {
		return withoutPath(err)
	}
	owner, err := root.Stat(".")
	if replace {
		owner, err = root.Lstat(name)
	}
	if err != nil {
		return withoutPath(err)
	}
	if replace && !owner.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	if err := fsys.ReplaceFile(root, name, text, replacementLike(path.Join(dir, ".:converge-"+rand.Text()), owner, replace)); errors.Is(err, fs.ErrExist) {
		return existsError{}
	} else if err != nil {
		return withoutPath(err)
	}
	return withoutPath(syncFolder(root, dir))
}

// replacementLike describes the new file: an existing one keeps its mode, and a new one gets the owner of the package,
// so that its developer can edit it.
func replacementLike(staged string, like fs.FileInfo, replace bool) fsys.Replacement {
	r := fsys.Replacement{Staged: staged, Mode: 0o644, Sync: true, New: !replace, Owner: ownerOf(like)}
	if replace {
		r.Mode, r.Exact = like.Mode().Perm(), true
	}
	return r
}

// ownerOf returns the owner that root gives to new files: that of like. Other users cannot change owners: nil.
func ownerOf(like fs.FileInfo) *fsys.Owner {
	st, ok := like.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return &fsys.Owner{UID: int(st.Uid), GID: int(st.Gid)}
}

// existsError is [fs.ErrExist] with advice.
type existsError struct{}

func (existsError) Error() string {
	return "it is there already; --refresh rewrites its generated fields"
}
func (existsError) Unwrap() error { return fs.ErrExist }

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
	if to := ownerOf(owner); to != nil {
		if err := f.Chown(to.UID, to.GID); err != nil {
			return err
		}
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

// withoutPath removes the path from an error, which the caller names in full.
func withoutPath(err error) error {
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
