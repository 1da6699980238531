package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// makeVersions makes the folder of the versions; false: it was there.
func (p putter) makeVersions(ctx context.Context, w resources.ArchiveWant) (bool, error) {
	at := p.physical(w.Path.Bytes())
	if _, there, err := p.lookAtTree(at); err != nil {
		return false, err
	} else if there {
		return false, p.clearStaged(ctx, at)
	}
	txn := p.FS.Begin(p.RunID)
	perm, err := txn.InheritedDir(at)
	if err != nil {
		txn.Abort()
		return false, err
	}
	perm.Mode = topMode
	step := txn.Dir(at, perm)
	if err := txn.Commit(ctx); err != nil {
		return false, err
	}
	if err := step.Err(); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	return true, nil
}

// clearStaged removes what a killed run has staged in the folder of the versions, where the engine does not search.
func (p putter) clearStaged(ctx context.Context, at string) error {
	names, err := p.FS.Names(at)
	for _, name := range names {
		if err == nil && fsys.IsStaged(name) {
			err = p.removeAll(ctx, path.Join(at, name))
		}
	}
	return err
}

func (b *base) removeEmpty(dir string) {
	if d, err := b.FS.OpenDir(path.Dir(dir)); err == nil {
		_ = d.Rmdir(path.Base(dir)) // something is in it, then
		d.Close()
	}
}

// trimVersions removes the folders of old versions beyond the kept ones.
func (p putter) trimVersions(ctx context.Context, w resources.ArchiveWant, was string) error {
	old, err := p.oldVersions(w, was)
	if err != nil {
		return err
	}
	for _, at := range old {
		if err := p.removeAll(ctx, at); err != nil {
			return fmt.Errorf("cannot remove an old version: %w", err)
		}
	}
	return nil
}

// oldVersions returns the folders of the versions that are not kept once the wanted one is the current one, after
// another one.
func (b *base) oldVersions(w resources.ArchiveWant, was string) (out []string, err error) {
	lists, err := b.records.readHeaders(b.key(w))
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(lists, func(h header) bool { return h.Version == was }); i > 0 {
		lists = slices.Concat(lists[i:i+1], lists[:i], lists[i+1:])
	}
	kept := 1
	for _, l := range lists {
		if l.Link == "" || l.Version == w.Version.Value {
			continue
		}
		at := path.Join(b.physical(w.Path.Bytes()), l.Version)
		if _, there, err := b.lookAt(at); err != nil || !there {
			continue
		}
		if kept++; kept > w.Keeps() {
			out = append(out, at)
		}
	}
	return out, nil
}
