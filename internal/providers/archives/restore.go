package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// restorer puts a tree back that was kept, and the link to it.
type restorer struct{ *base }

// observeRestored observes a path to which a kept tree is to be put back.
func (o observer) observeRestored(ctx context.Context, w resources.ArchiveWant, k *backup, have *resources.ArchiveWant) (*resources.ArchiveWant, error) {
	done, err := o.isRestored(ctx, w, k)
	if err != nil {
		return nil, err
	}
	if done {
		have.Restore = w.Restore
		if !w.Link.Set {
			have.Version = w.Version
		}
		return have, nil
	}
	top, there, err := o.lookAtTree(k.at)
	switch {
	case err != nil:
		return nil, err
	case w.Link.Set && path.Dir(k.at) == o.physical(w.Path.Bytes()): // of one version only
		return have, nil
	case k.removed && k.part && w.Dropped.Set: // unpacked to the path itself: the folder of a version is there
		return have, nil
	case k.removed && (k.part || !there):
		return nil, nil
	case w.Link.Set:
		return have, nil
	case !there:
		return nil, nil
	}
	s, err := o.inspect(ctx, w, k.at, top)
	if err != nil {
		return nil, err
	}
	if have.Version = resource.Some(unknown); s.list != nil {
		have.Version = resource.Some(s.list.Version)
	}
	return have, nil
}

// isRestored reports whether the tree of a backup is in its former place.
func (b *base) isRestored(ctx context.Context, w resources.ArchiveWant, k *backup) (bool, error) {
	info, there, err := b.lookAt(k.at)
	if err != nil || !there || info.Type != fsys.Directory {
		return false, err
	}
	if !k.part {
		return k.isOf(info), nil
	}
	if kept, err := b.isKept(k); err != nil || kept {
		return false, err
	}
	f, err := (remover{b}).find(ctx, w, k.at)
	if err != nil || f.isEmpty() {
		return false, err
	}
	// Something that was unpacked is there: that part, unless it was unpacked again since.
	return !slices.ContainsFunc(f.lists, func(l *list) bool { return !k.isOf(info) && l.isOf(info) }), nil
}

// restore puts back the tree, and the link, as they were.
func (r restorer) restore(ctx context.Context, w resources.ArchiveWant) error {
	k, err := restoreOf(w)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = r.checkLinked(w, k)
	}
	if err != nil {
		return err
	}
	if k != nil {
		if err := r.restoreTree(ctx, w, k); err != nil {
			return err
		}
	}
	if !w.Points.Set {
		return nil
	}
	if err := r.switchLink(ctx, w.Link.Value.Bytes(), resource.DecodeBytes(w.Points.Value)); err != nil {
		return err
	}
	if err := r.moveLink(ctx, w); err != nil {
		return err
	}
	return r.dropVersion(ctx, w)
}

// checkLinked refuses to restore a link to a version that neither exists nor is restored with the tree of a backup.
func (b *base) checkLinked(w resources.ArchiveWant, k *backup) error {
	points := path.Clean(resource.DecodeBytes(w.Points.Value))
	if w.Points.Value == "" || w.Version.Value == "" || path.Dir(points) != b.physical(w.Path.Bytes()) {
		return nil
	}
	if _, there, err := b.lookAt(points); err != nil || there {
		return err
	}
	if there, err := b.isInBackup(k, points); err != nil || there {
		return err
	}
	return fmt.Errorf("cannot restore version %s: %s is not there any more (keep decides how many versions stay)", w.Version.Value, quote(points))
}

// isInBackup reports whether a folder is restored with the tree of a backup.
func (s *shelf) isInBackup(k *backup, p string) (bool, error) {
	if k == nil || !isInside(p, k.at) {
		return false, nil
	}
	in, err := s.findKept(k)
	if in == nil || err != nil {
		return false, err
	}
	defer in.dir.Close()
	d, err := in.dir.OpenPath(path.Join(in.name, p[len(k.at):]))
	if err != nil {
		return false, ignoreMissing(err)
	}
	return true, d.Close()
}

// checkKept returns an error if the tree of a backup cannot be put back: it is no longer kept, or something is in its
// way.
func (b *base) checkKept(ctx context.Context, w resources.ArchiveWant, k *backup) error {
	done, err := b.isRestored(ctx, w, k)
	if err != nil || done {
		return err
	}
	in, err := b.findKept(k)
	switch {
	case err != nil:
		return err
	case in == nil && k.removed:
		return fmt.Errorf("cannot restore what was removed of %s: it is not kept any more (what is removed is, until the history forgets the run)", quote(k.at))
	case in == nil:
		return fmt.Errorf("cannot restore the old tree of %s: it is not kept any more (keep decides how many old trees stay)", quote(k.at))
	}
	defer in.dir.Close()
	if !k.part {
		return nil
	}
	return b.checkMerge(*in, k.at)
}

func (r restorer) restoreTree(ctx context.Context, w resources.ArchiveWant, k *backup) error {
	done, err := r.isRestored(ctx, w, k)
	if err != nil || done {
		return err
	}
	if err := r.checkKept(ctx, w, k); err != nil {
		return err
	}
	if err := r.declared.refuseOwn(k.at); err != nil {
		return err
	}
	top, there, err := r.lookAtTree(k.at)
	if err != nil {
		return err
	}
	in, err := r.findKept(k)
	if in == nil || err != nil {
		return errors.Join(err, fs.ErrNotExist)
	}
	defer in.dir.Close()
	parent, err := r.FS.OpenDir(path.Dir(k.at))
	if err != nil {
		return err
	}
	defer parent.Close()
	to := spot{parent, path.Base(k.at)}
	switch {
	case !there:
		err = in.dir.RenameNew(in.name, parent, to.name)
	case k.part:
		err = merge(*in, to)
	default:
		err = r.exchangeBack(ctx, *in, to, top)
	}
	if err != nil {
		return err
	}
	return parent.Sync()
}

// exchangeBack exchanges the present tree for a kept one, and keeps it in that place.
func (r restorer) exchangeBack(ctx context.Context, in, to spot, top fsys.Info) error {
	at := path.Join(to.dir.Path(), to.name)
	t, err := r.readTree(ctx, at, top, nil)
	if err == nil {
		err = refuseMounted(t)
	}
	if err != nil {
		return err
	}
	if in.dir.Path() == to.dir.Path() {
		return exchange(to.dir, in.name, to.name)
	}
	kept, err := r.freeKept(at)
	if err != nil {
		return err
	}
	if err := in.dir.RenameNew(in.name, to.dir, path.Base(kept)); err != nil {
		return err
	}
	return exchange(to.dir, path.Base(kept), to.name)
}
