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

// refuseOtherLink refuses to replace a link at the wanted path that leads elsewhere and that converge did not make,
// unless force is set. Even then it does not move its own link to such a path: a rollback could not restore both.
func (l *links) refuseOtherLink(w resources.ArchiveWant) error {
	text, err := l.readOtherLink(w)
	if err != nil || text == "" {
		return err
	}
	lists, err := l.records.readHeaders(l.key(w))
	if err != nil {
		return err
	}
	_, old, err := l.findLinks(w, lists)
	link := quote(w.Link.Value.Bytes())
	switch {
	case err != nil:
		return err
	case len(old) > 0:
		return fmt.Errorf("cannot move the link %s to %s: that is a link already, to %s; remove one of the two", quote(old[0].path), link, quote(text))
	case !w.Force.Value && !slices.ContainsFunc(lists, func(h header) bool { return h.Link == string(w.Link.Value) }):
		return fmt.Errorf("cannot make the link %s: it is a link to %s, which converge did not make; remove it, name another link, or set force = true to replace it", link, quote(text))
	}
	return nil
}

// readOtherLink returns the text of the link at the path of the wanted one, if that leads to no
// version of the archive; "": there is none that does.
func (l *links) readOtherLink(w resources.ArchiveWant) (string, error) {
	text, err := l.readLink(w)
	if err != nil || text == "" || path.Dir(path.Clean(text)) == l.physical(w.Path.Bytes()) {
		return "", err
	}
	return text, nil
}

// moveLink removes the links that the wanted one replaces, and notes its path.
func (l *links) moveLink(ctx context.Context, w resources.ArchiveWant) error {
	old, err := l.findOldLinks(w)
	if err != nil {
		return err
	}
	for _, o := range old {
		if err := l.switchLink(ctx, o.path, ""); err != nil {
			return fmt.Errorf("cannot remove the old link: %w", err)
		}
	}
	if !w.Link.Set {
		return nil
	}
	return l.records.relink(l.key(w), string(w.Link.Value))
}

// switchLink turns the link to a tree; "": it removes the link. It is not cancelled, because the tree is in place.
func (l *links) switchLink(ctx context.Context, link, to string) error {
	txn := l.fs.Begin(l.run)
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
