package rpm

import (
	"cmp"
	"context"
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// SaveFile writes a configuration file of a package manager. An existing file keeps its mode and owner.
func SaveFile(ctx context.Context, h *tool.Host, name, text string) error {
	tree, err := fsys.Open(cmp.Or(h.Root, "/"))
	if err != nil {
		return err
	}
	defer tree.Close()
	txn := tree.Begin("hold")
	defer txn.Abort()
	live, err := txn.Look(name)
	if errors.Is(err, fs.ErrNotExist) {
		live, err = fsys.Info{Mode: 0o644}, nil
	}
	if err != nil {
		return err
	}
	step := txn.File(name, live, fsys.File{Perm: fsys.Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}, Bytes: []byte(text)})
	return errors.Join(txn.Commit(ctx), step.Err())
}

// ReadFile returns the content of a configuration file, "" if it does not exist.
func ReadFile(h *tool.Host, name string) (string, error) {
	const limit = 4 << 20
	data, err := h.Tree.ReadFile(name, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(data), err
}
