package tool

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"converge/internal/fsys"
)

// keptFolder holds, for later runs, what the manager itself does not record. All of it can be determined again.
const keptFolder = "/var/cache/converge"

// KeptFile returns the path of a file that [Host.KeepFile] writes, on the machine or in the tree.
func KeptFile(name string) string { return path.Join(keptFolder, name) }

// KeepFile writes a file for later runs. If that fails, a later run determines its content again, so it returns no
// error.
func (h *Host) KeepFile(name string, content []byte) {
	folder, err := h.makeFolders(keptFolder)
	if err != nil {
		return
	}
	_ = fsys.ReplacePath(filepath.Join(folder, name), content, fsys.Replacement{Mode: 0o644, Exact: true}) // as above
}

// makeFolders makes the missing folders of a path, and returns the path on this machine. A link in a tree leads to a
// place in the same tree.
func (h *Host) makeFolders(name string) (string, error) {
	found, err := h.Tree.FindFolder(name)
	if !errors.Is(err, fs.ErrNotExist) || name == "/" {
		return found, err
	}
	parent, err := h.makeFolders(path.Dir(name))
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(parent, path.Base(name)), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return h.Tree.FindFolder(name)
}
