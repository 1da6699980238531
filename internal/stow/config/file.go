package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"converge/internal/fsys"
)

// isSameFile compares the content of two files. A missing file equals no other.
func (t *trees) isSameFile(a tree, pa string, b tree, pb string) (bool, error) {
	fa, err := t[a].Open(pa)
	if err != nil {
		return false, unlessMissing(err)
	}
	defer fa.Close()
	fb, err := t[b].Open(pb)
	if err != nil {
		return false, unlessMissing(err)
	}
	defer fb.Close()
	ia, err := fa.Stat()
	if err != nil {
		return false, err
	}
	ib, err := fb.Stat()
	if err != nil || ia.Size() != ib.Size() {
		return false, err
	}
	return equalBytes(fa, fb)
}

func unlessMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func equalBytes(a, b io.Reader) (bool, error) {
	const chunk = 32 << 10
	ba, bb := make([]byte, chunk), make([]byte, chunk)
	for {
		na, ea := io.ReadFull(a, ba)
		nb, eb := io.ReadFull(b, bb)
		switch err := cmp.Or(ea, eb); {
		case !bytes.Equal(ba[:na], bb[:nb]):
			return false, nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return true, nil
		case err != nil:
			return false, err
		}
	}
}

// copyNext copies a file of the new version into :config, under a name where it
// appears at one moment. It gets the mode and the owner of the file that it
// belongs to: a file closed to others does not become open.
func (t *trees) copyNext(p, to string) error {
	config := t[ours]
	about, err := config.Stat(p)
	if err != nil {
		return err
	}
	from, err := t[next].Open(p)
	if err != nil {
		return err
	}
	defer from.Close()
	r := fsys.Replacement{Staged: stagedName(p), Mode: about.Mode().Perm(), Exact: true, Sync: true}
	if own, ok := about.Sys().(*syscall.Stat_t); ok {
		r.Owner = &fsys.Owner{UID: int(own.Uid), GID: int(own.Gid)}
	}
	f, err := fsys.StageFile(config, r)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, from); err != nil {
		f.Discard()
		return err
	}
	return f.Commit(to)
}
