package archives

import (
	"context"
	"fmt"
	"path"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// restorer puts a tree back that was kept.
type restorer struct{ *base }

// observeRestored observes a path to which a kept tree is to be put back.
func (o observer) observeRestored(ctx context.Context, w resources.ArchiveWant, k *backup, have *resources.ArchiveWant) (*resources.ArchiveWant, error) {
	done, err := o.isRestored(ctx, w, k)
	if err != nil {
		return nil, err
	}
	have.Restore = resource.Some("")
	switch {
	case done:
		have.Restore = w.Restore
		if !w.Link.Set {
			have.Version = w.Version
		}
	case k.Removed:
		return nil, nil
	case !w.Link.Set:
		at := o.physical(w.Path.Bytes())
		top, there, err := o.lookAtTree(at)
		if err != nil || !there {
			return nil, err
		}
		s, err := o.inspect(ctx, w, at, top)
		if err != nil {
			return nil, err
		}
		if have.Version = resource.Some(unknown); s.list != nil {
			have.Version = resource.Some(s.list.Version)
		}
	}
	return have, nil
}

// isRestored reports whether the tree of a backup is where it was.
func (b *base) isRestored(ctx context.Context, w resources.ArchiveWant, k *backup) (bool, error) {
	at := resource.DecodeBytes(k.At)
	info, there, err := b.lookAt(at)
	if err != nil || !there || info.Type != fsys.Directory {
		return false, err
	}
	if !k.Removed {
		return k.isOf(info), nil
	}
	if kept, err := b.isKept(k); err != nil || kept {
		return false, err
	}
	f, err := (remover{b}).find(ctx, w, at)
	return err == nil && len(f.goes) > 0, err
}

// restore puts back the tree, and the link, as they were.
func (r restorer) restore(ctx context.Context, w resources.ArchiveWant) error {
	k, err := restoreOf(w)
	if err == nil {
		err = ctx.Err()
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
	points := resource.DecodeBytes(w.Points.Value)
	if err := r.checkVersion(w, points); err != nil {
		return err
	}
	return r.switchLink(ctx, w.Link.Value.Bytes(), points)
}

// checkVersion refuses to restore a link to a version that was removed since.
func (b *base) checkVersion(w resources.ArchiveWant, points string) error {
	if points == "" || w.Version.Value == "" || path.Dir(path.Clean(points)) != b.physical(w.Path.Bytes()) {
		return nil
	}
	if _, there, err := b.lookAt(path.Clean(points)); err != nil || there {
		return err
	}
	return fmt.Errorf("cannot restore version %s: %s is not there any more (keep decides how many versions stay)", w.Version.Value, quote(points))
}

// checkKept returns an error if the tree of a backup is not kept any more.
func (b *base) checkKept(ctx context.Context, w resources.ArchiveWant, k *backup) error {
	done, err := b.isRestored(ctx, w, k)
	if err != nil || done {
		return err
	}
	kept, err := b.isKept(k)
	if err == nil && !kept {
		err = fmt.Errorf("cannot restore the old tree of %s: it is not kept any more (keep decides how many old trees stay)", quote(resource.DecodeBytes(k.At)))
	}
	return err
}

func (r restorer) restoreTree(ctx context.Context, w resources.ArchiveWant, k *backup) error {
	done, err := r.isRestored(ctx, w, k)
	if err != nil || done {
		return err
	}
	if err := r.checkKept(ctx, w, k); err != nil {
		return err
	}
	at := resource.DecodeBytes(k.At)
	if err := r.declared.refuseOwn(at); err != nil {
		return err
	}
	top, there, err := r.lookAtTree(at)
	if err != nil {
		return err
	}
	in, err := r.findKept(k)
	if err != nil {
		return err
	}
	defer in.dir.Close()
	parent, err := r.FS.OpenDir(path.Dir(at))
	if err != nil {
		return err
	}
	defer parent.Close()
	to := spot{parent, path.Base(at)}
	switch {
	case !there:
		err = in.dir.RenameNew(in.name, parent, to.name)
	case k.Removed:
		err = merge(*in, to)
	default:
		err = r.exchangeBack(ctx, *in, to, top)
	}
	if err != nil {
		return err
	}
	return parent.Sync()
}

func (r restorer) exchangeBack(ctx context.Context, in, to spot, top fsys.Info) error {
	t, err := r.readTree(ctx, path.Join(to.dir.Path(), to.name), top, nil)
	if err == nil {
		err = refuseMounted(t)
	}
	if err != nil {
		return err
	}
	return exchange(to.dir, in.name, to.name)
}

// merge moves what was removed back to where others' files have stayed.
func merge(in, to spot) error {
	m, err := openMover(in, to)
	if err != nil {
		return err
	}
	defer m.close()
	if err := m.moveAll(); err != nil {
		return err
	}
	return in.dir.Rmdir(in.name)
}
