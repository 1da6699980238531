package archives

import (
	"context"
	"errors"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/userdb"
	"converge/resources"
)

// state is the knowledge of a tree.
type state struct {
	tree      *tree
	list      *list // that it was unpacked as; nil: that is not known
	wanted    bool  // it is the wanted version
	differing []string
}

// inspect determines the version of a tree, and what was changed in it since.
func (o observer) inspect(ctx context.Context, w resources.ArchiveWant, at string, top fsys.Info) (*state, error) {
	lists, err := o.records.readAll(o.key(w))
	if err != nil {
		return nil, err
	}
	t, err := o.readTree(ctx, at, top, digestsFor(w, lists, top))
	if err != nil {
		return nil, err
	}
	s := &state{tree: t}
	c := comparison{times: true, claims: o.claimsIn(at)}
	if s.list = o.identify(w, lists, t, c); s.list == nil {
		return s, o.compareSource(ctx, w, s, c)
	}
	c.uid, c.gid = s.list.UID, s.list.GID
	if s.wanted = s.list.Version == w.Version.Value; s.wanted {
		if c.uid, c.gid, err = o.ownerOf(ctx, w); errors.Is(err, userdb.ErrUnknown) { // it may be made in this run
			c.uid, c.gid, err = ^uint32(0), ^uint32(0), nil
		}
	}
	s.differing = c.compare(s.list, t)
	return s, err
}

// digestsFor returns the files of a tree whose digests are needed: those with the size, but not the time of what was
// unpacked, those that alone distinguish versions, and all if contents are compared.
func digestsFor(w resources.ArchiveWant, lists []*list, top fsys.Info) func(rel string, info fsys.Info) bool {
	known := slices.ContainsFunc(lists, func(l *list) bool { return l.Version == w.Version.Value && (l.Link != "") == w.Link.Set })
	copied := !slices.ContainsFunc(lists, func(l *list) bool { return l.isOf(top) })
	local := !isRemote(w) && w.Archive != nil
	return func(rel string, info fsys.Info) bool {
		if !known && local { // the list is lost, so the archive is compared
			return true
		}
		digest := "" // of another version with that size and time
		for _, l := range lists {
			e, ok := l.find(rel)
			switch {
			case !ok || e.Type != regular || e.Size != info.Size:
			case w.Content.Value, e.MTime != info.MTime.Unix(), copied && digest != "" && digest != e.Digest:
				return true
			default:
				digest = e.Digest
			}
		}
		return false
	}
}

// identify returns the list by which a tree was unpacked. For a copy of that tree it is the list from which it differs
// least; nil if half of it or more differs from all.
func (o observer) identify(w resources.ArchiveWant, lists []*list, t *tree, c comparison) (best *list) {
	least := 0
	for _, l := range lists {
		if (l.Link != "") != w.Link.Set || w.Link.Set && l.Version != path.Base(t.at) {
			continue
		}
		if l.isOf(t.top) {
			return l
		}
		c.uid, c.gid = l.UID, l.GID
		n := len(c.compare(l, t))
		isWanted := l.Version == w.Version.Value
		if 2*n <= len(l.entries) && (best == nil || n < least || n == least && isWanted) {
			best, least = l, n
		}
	}
	return best
}

// compareSource compares a tree, whose list is lost, with a local archive.
func (o observer) compareSource(ctx context.Context, w resources.ArchiveWant, s *state, c comparison) error {
	if isRemote(w) || w.Archive == nil {
		return nil
	}
	l, err := o.listSource(ctx, w)
	if err != nil {
		return err
	}
	if c.uid, c.gid, err = o.ownerOf(ctx, w); err != nil {
		if errors.Is(err, userdb.ErrUnknown) {
			err = nil
		}
		return err
	}
	c.times = false
	if len(c.compare(l, s.tree)) == 0 {
		s.list, s.wanted = l, true
	}
	return nil
}
