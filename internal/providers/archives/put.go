package archives

import (
	"context"
	"errors"
	"path"

	"converge/internal/fsys"
	"converge/resources"
)

// putter makes a tree the wanted one.
type putter struct{ *base }

// put unpacks the wanted version, unless it exists, and makes it the current one.
func (p putter) put(ctx context.Context, w resources.ArchiveWant) error {
	if err := p.refuseOtherLink(w); err != nil {
		return err
	}
	made := false
	if w.Link.Set {
		var err error
		if made, err = p.makeVersions(ctx, w); err != nil {
			return err
		}
	}
	at := p.placeOf(w)
	err := p.putTree(ctx, w, at)
	if err != nil {
		if made {
			p.removeEmpty(path.Dir(at))
		}
		return err
	}
	if !w.Link.Set {
		return p.moveLink(ctx, w)
	}
	was, err := p.readCurrent(w)
	if err == nil {
		err = p.switchLink(ctx, w.Link.Value.Bytes(), at)
	}
	if err == nil {
		err = p.moveLink(ctx, w)
	}
	if err != nil {
		return err
	}
	if err := (remover{p.base}).setPlainAside(ctx, w); err != nil {
		return err
	}
	p.records.touch(p.key(w), was, true) // it is the previous version
	p.records.touch(p.key(w), w.Version.Value, true)
	return p.trimVersions(ctx, w, was)
}

// putTree unpacks the wanted version to its place, unless it exists.
func (p putter) putTree(ctx context.Context, w resources.ArchiveWant, at string) error {
	if err := p.declared.refuseOwn(at); err != nil {
		return err
	}
	top, there, err := p.lookAtTree(at)
	if err != nil {
		return err
	}
	var now *state
	if there {
		if now, err = (observer{p.base}).inspect(ctx, w, at, top); err != nil || now.wanted && len(now.differing) == 0 {
			return err
		}
	}
	s, err := p.openStaging(at)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.unpack(ctx, w); err != nil {
		return err
	}
	if there {
		if done, err := p.prepareExchange(ctx, w, s, now); err != nil || done {
			return err
		}
	}
	return p.putStaged(ctx, w, s, there)
}

// prepareExchange readies the exchange of a tree for a staged one; done means that they are the same, and only the
// list was lost.
func (p putter) prepareExchange(ctx context.Context, w resources.ArchiveWant, s *staging, now *state) (done bool, err error) {
	t, err := p.readTree(ctx, s.at, now.tree.top, func(string, fsys.Info) bool { return now.list == nil })
	if err != nil {
		return false, err
	}
	if now.list == nil && s.isSame(t) {
		s.list.noteTop(now.tree.top)
		return true, p.records.write(p.key(w), s.list)
	}
	if err := refuseMounted(t); err != nil {
		return false, err
	}
	if err := s.refuseForeign(t, now.list, w.Force.Value); err != nil {
		return false, err
	}
	return false, s.takeAlong(ctx)
}

// putStaged puts a staged tree in its place, with everything on disk before. From there on
// nothing is cancelled.
func (p putter) putStaged(ctx context.Context, w resources.ArchiveWant, s *staging, there bool) error {
	kept, err := p.freeKept(s.at)
	if err == nil {
		err = s.parent.SyncFS()
	}
	if err == nil {
		err = p.records.write(p.key(w), s.list)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	p.records.trim(p.key(w), w.Keeps()+2)
	name := path.Base(s.at)
	if !there {
		if err := s.dir.RenameNew(treeName, s.parent, name); err != nil {
			return err
		}
		return s.parent.Sync()
	}
	if err := s.dir.RenameNew(treeName, s.parent, path.Base(kept)); err != nil {
		return err
	}
	if err := exchange(s.parent, path.Base(kept), name); err != nil {
		return errors.Join(err, p.removeAll(ctx, kept))
	}
	if err := s.parent.Sync(); err != nil {
		return err
	}
	return p.trimKept(ctx, s.at, keptTrees(w))
}

// keptTrees is how many replaced trees are kept beside one. Versions with folders of their
// own are kept there.
func keptTrees(w resources.ArchiveWant) int {
	if w.Link.Set {
		return min(1, w.Keeps()-1)
	}
	return w.Keeps() - 1
}
