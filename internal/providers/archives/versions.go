package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

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

// clearStaged removes what a killed run has staged in the folder of the versions, where the
// engine does not look.
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

// switchLink makes the link lead to a tree; "": it removes it. It is not cancelled, because
// the tree is in place.
func (b *base) switchLink(ctx context.Context, link, to string) error {
	txn := b.FS.Begin(b.RunID)
	live, err := txn.Look(link)
	missing := errors.Is(err, fs.ErrNotExist)
	var step *fsys.Step
	switch {
	case err != nil && !missing:
	case missing && to == "":
		txn.Abort()
		return nil
	case !missing && live.Type != fsys.Symlink:
		err = fmt.Errorf("cannot switch the link %s: it is %s", quote(link), live.Type)
	case to == "":
		step, err = txn.Remove(link, live), nil
	default:
		if missing {
			live = fsys.Info{}
		}
		step, err = txn.Symlink(link, to, live), nil
	}
	if err != nil {
		txn.Abort()
		return err
	}
	if err := txn.Commit(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return step.Err()
}

// trimVersions removes the folders of old versions beyond those that are kept.
func (p putter) trimVersions(ctx context.Context, w resources.ArchiveWant) error {
	old, err := p.oldVersions(w)
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

// oldVersions returns the folders of the versions that are not kept once the wanted one is
// the current one.
func (b *base) oldVersions(w resources.ArchiveWant) (out []string, err error) {
	lists, err := b.records.readAll(b.key(w))
	if err != nil {
		return nil, err
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
