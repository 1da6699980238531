package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// findPlain finds what was unpacked to the path itself, before the manifest had a link and each version a folder of
// its own; nil: nothing of it exists. It does not include entries of others.
func (r remover) findPlain(ctx context.Context, w resources.ArchiveWant) (*found, error) {
	if !w.Link.Set || w.Restore.Set || w.Points.Set {
		return nil, nil
	}
	all, err := r.records.readAll(r.key(w))
	if err != nil {
		return nil, err
	}
	var lists []*list
	at := r.physical(w.Path.Bytes())
	for _, l := range all {
		there := false
		if l.Link == "" {
			if there, err = r.hasAny(at, l); err != nil {
				return nil, err
			}
		}
		if there {
			lists = append(lists, l)
		}
	}
	top, there, err := r.lookAt(at)
	if err != nil || !there || top.Type != fsys.Directory || len(lists) == 0 {
		return nil, ignoreMissing(err)
	}
	t, err := r.readTree(ctx, at, top, digestsBelow(lists))
	if err != nil {
		return nil, err
	}
	f := &found{at: at, top: top, lists: lists}
	r.sort(w, lists, t, f)
	if f.isEmpty() {
		return nil, nil
	}
	return f, nil
}

// hasAny reports whether an entry of a list is there.
func (r remover) hasAny(at string, l *list) (bool, error) {
	for _, e := range l.entries {
		_, there, err := r.lookAt(path.Join(at, e.Path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) || there {
			return there, err
		}
	}
	return false, nil
}

// backupOfPlain returns the backup of what was unpacked to the path itself; nil: nothing.
func (r recorder) backupOfPlain(ctx context.Context, w resources.ArchiveWant) (*backup, error) {
	f, err := remover{r.base}.findPlain(ctx, w)
	if f == nil || err != nil {
		return nil, err
	}
	k := backupOf(f.at, f.top)
	k.removed, k.part, k.run = true, true, runName(r.RunID)
	return k, nil
}

// setPlainAside moves what was unpacked to the path itself out of the way, and keeps it like removed trees.
func (r remover) setPlainAside(ctx context.Context, w resources.ArchiveWant) error {
	f, err := r.findPlain(ctx, w)
	if f == nil || err != nil {
		return err
	}
	if len(f.stays) == 0 { // the folder of the version does
		return fmt.Errorf("cannot remove what was unpacked to %s: the version in it is gone", quote(f.at))
	}
	return r.setAside(f)
}

// observePlain adds to the differences what was unpacked to the path itself.
func (o observer) observePlain(ctx context.Context, w resources.ArchiveWant, have *resources.ArchiveWant) error {
	f, err := remover{o.base}.findPlain(ctx, w)
	if f == nil || err != nil {
		return err
	}
	names := have.Differing.Value
	for _, rel := range f.roots() {
		if len(names) < maxDiffering {
			names = append(names, resource.EncodeBytes("../"+rel))
		}
	}
	have.Differing = resource.Some(names)
	return nil
}

// reviewPlain reviews the removal of what was unpacked to the path itself.
func (v reviewer) reviewPlain(ctx context.Context, w resources.ArchiveWant, r *resource.Review) error {
	f, err := remover{v.base}.findPlain(ctx, w)
	if f == nil || err != nil {
		return err
	}
	if err := f.refuseMount(); err != nil {
		return err
	}
	r.Notes = append(r.Notes, fmt.Sprintf("removes what was unpacked to %s itself (%s); it is kept for a rollback until the history forgets this run", quote(f.at), nameSome(f.roots())))
	return nil
}
