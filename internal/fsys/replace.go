package fsys

import (
	"crypto/rand"
	"os"
	"path/filepath"
)

// Folder is a directory in which [StageFile] makes a file and names it: an [os.Root], or a [Dir] by [InDir]. Names may
// be paths if the folder accepts paths.
type Folder interface {
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	Rename(from, to string) error
	Link(from, to string) error
	Remove(name string) error
}

// Replacement describes the file that replaces another one.
type Replacement struct {
	// Staged is the name of the file until it is complete. A file of that name, left by a killed process, is removed. ""
	// is a random name beside the file.
	Staged string
	Mode   os.FileMode // permission bits; 0 means 0600, unless Exact
	Exact  bool        // Mode applies exactly, without the umask
	Owner  *Owner      // nil leaves the file to this process's user and group
	Sync   bool        // the content is durable before the file gets its name
	New    bool        // an existing entry is [fs.ErrExist], and stays
}

// Owner is a user and a group.
type Owner struct{ UID, GID int }

// ReplaceFile sets the content of the file called name in the folder: a reader finds the old content or the new one,
// never a part. With r.Sync that holds after a crash as well; the new name itself is durable after the caller has synced
// the folder. It is for converge's own files; [FS.Begin] is for declared ones.
func ReplaceFile(in Folder, name string, content []byte, r Replacement) error {
	if r.Staged == "" {
		r.Staged = filepath.Join(filepath.Dir(name), ".converge-"+rand.Text())
	}
	f, err := StageFile(in, r)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		f.Discard()
		return err
	}
	return f.Commit(name)
}

// ReplacePath is [ReplaceFile] for a file of the host in a directory that no other user controls: it follows links on
// the way to the directory.
func ReplacePath(path string, content []byte, r Replacement) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return ReplaceFile(dir, filepath.Base(path), content, r)
}
