package archives

import (
	"context"
	"errors"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// unknown is the version of a tree that converge did not unpack, or whose list is lost.
const unknown = "unknown"

// observer compares the tree that exists with the wanted one.
type observer struct{ *base }

func (o observer) observe(ctx context.Context, w resources.ArchiveWant) (*resources.ArchiveWant, error) {
	if w.IsAbsent() {
		return o.observeAbsent(ctx, w)
	}
	have := &resources.ArchiveWant{Path: w.Path, Owner: w.Owner, Group: w.Group, Link: w.Link}
	if w.Link.Set {
		return o.observeLinked(ctx, w, have)
	}
	return o.observeInPlace(ctx, w, have)
}

// observeInPlace observes a tree that is itself the path.
func (o observer) observeInPlace(ctx context.Context, w resources.ArchiveWant, have *resources.ArchiveWant) (*resources.ArchiveWant, error) {
	back, err := restoreOf(w)
	if err != nil {
		return nil, err
	}
	at := o.physical(w.Path.Bytes())
	top, there, err := o.lookAtTree(at)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, nil
	case back != nil:
		return o.observeRestored(ctx, w, back, have)
	}
	s, err := o.inspect(ctx, w, at, top)
	if err != nil {
		return nil, err
	}
	if s.list == nil { // it may be a folder of versions whose link a manifest named
		if _, err := o.observeLink(w, have); err != nil {
			return nil, err
		}
	}
	return have, o.describe(ctx, w, s, have)
}

// describe adds to have the state of a tree.
func (o observer) describe(ctx context.Context, w resources.ArchiveWant, s *state, have *resources.ArchiveWant) error {
	have.Version = resource.Some(unknown)
	if s.list != nil {
		have.Version = resource.Some(s.list.Version)
	}
	names := make([]string, 0, min(len(s.differing), maxDiffering))
	for _, rel := range s.differing[:min(len(s.differing), maxDiffering)] {
		names = append(names, resource.EncodeBytes(rel))
	}
	have.Differing = resource.Some(names)
	return o.describeOwner(ctx, w, s.tree.top, have)
}

// describeOwner adds the owner and the group of a tree, in the wanted words if they are as wanted.
func (o observer) describeOwner(ctx context.Context, w resources.ArchiveWant, top fsys.Info, have *resources.ArchiveWant) error {
	if w.Owner.Set {
		uid, err := o.Accounts.UID(ctx, w.Owner.Value)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return err
		}
		if err != nil || uid != top.UID {
			have.Owner = resource.Some(o.Accounts.UserName(top.UID))
		}
	}
	if w.Group.Set {
		gid, err := o.Accounts.GID(ctx, w.Group.Value)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return err
		}
		if err != nil || gid != top.GID {
			have.Group = resource.Some(o.Accounts.GroupName(top.GID))
		}
	}
	return nil
}

// observeAbsent observes whether anything that was unpacked is still there.
func (o observer) observeAbsent(ctx context.Context, w resources.ArchiveWant) (*resources.ArchiveWant, error) {
	at := o.physical(w.Path.Bytes())
	f, err := remover{o.base}.find(ctx, w, at)
	if err != nil {
		return nil, err
	}
	if len(f.links) == 0 && f.isGone() {
		return nil, nil
	}
	have := &resources.ArchiveWant{Path: w.Path, Ensure: resource.Some("present"), Version: resource.Some(strings.Join(f.versions, ", "))}
	if len(f.links) > 0 {
		have.Link = resource.Some(resource.Text(resource.EncodeBytes(f.links[0].path)))
		have.Points = resource.Some(resource.EncodeBytes(f.links[0].text))
	}
	return have, nil
}
