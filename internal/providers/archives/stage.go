package archives

import (
	"context"
	"os"
	"path"

	"converge/internal/fsys"
	"converge/internal/unpack"
	"converge/resources"
)

// treeName is the name of the tree in its staging folder.
const treeName = "tree"

// staging is a tree that is unpacked beside its future place.
type staging struct {
	*base
	at     string    // the future place of the tree
	parent *fsys.Dir // its folder
	name   string    // of the folder in it that everything is staged in
	dir    *fsys.Dir // that folder
	root   *os.Root  // the same
	list   *list
}

// openStaging makes the folder to unpack in. No other user can read it.
func (b *base) openStaging(at string) (_ *staging, err error) {
	s := &staging{base: b, at: at, name: fsys.StagedName(b.RunID)}
	if s.parent, err = b.FS.OpenDir(path.Dir(at)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err = s.parent.Mkdir(s.name, 0o700); err != nil {
		return nil, err
	}
	if s.dir, err = s.parent.OpenDir(s.name); err != nil {
		return nil, err
	}
	s.root, err = fsys.RootOf(s.dir)
	return s, err
}

// close removes the entries that are still staged.
func (s *staging) close() {
	if s.root != nil {
		s.root.Close()
	}
	if s.dir != nil {
		s.dir.Close()
	}
	if root, err := fsys.RootOf(s.parent); err == nil {
		_ = root.RemoveAll(s.name) // Sweep finds leftovers
		root.Close()
	}
	s.parent.Close()
}

// unpack unpacks the archive, and lists what it has unpacked.
func (s *staging) unpack(ctx context.Context, w resources.ArchiveWant) error {
	uid, gid, err := s.ownerOf(ctx, w)
	if err != nil {
		return err
	}
	p, err := s.open(ctx, w)
	if err != nil {
		return err
	}
	defer p.close() //nolint:errcheck // it was only read
	if err := s.root.Mkdir(treeName, 0o700); err != nil {
		return err
	}
	to, err := s.root.OpenRoot(treeName)
	if err != nil {
		return err
	}
	defer to.Close()
	out := unpack.Writer{To: to, Mode: modeOf, Times: true}
	if os.Geteuid() == 0 || w.Owner.Set || w.Group.Set {
		out.Owner = &unpack.Owner{UID: int(uid), GID: int(gid)}
	}
	entries, err := walkListed(ctx, p, w, out.Add)
	if err == nil {
		err = out.End()
	}
	if err == nil && out.Owner != nil {
		err = to.Lchown(".", out.Owner.UID, out.Owner.GID)
	}
	if err == nil {
		err = to.Chmod(".", topMode)
	}
	if err != nil {
		return err
	}
	s.list = &list{header{Path: s.key(w), Version: w.Version.Value, Link: string(w.Link.Value), UID: uid, GID: gid}, entries}
	top, err := s.dir.Lstat(treeName)
	s.list.noteTop(top)
	return err
}

// open opens the archive, after fetching it if necessary.
func (s *staging) open(ctx context.Context, w resources.ArchiveWant) (*packed, error) {
	if isRemote(w) {
		return s.download(ctx, w, s.root)
	}
	return openLocal(w)
}

// isSame reports whether a tree equals the staged one.
func (s *staging) isSame(t *tree) bool {
	c := comparison{uid: s.list.UID, gid: s.list.GID, claims: s.claimsIn(s.at)}
	return len(c.compare(s.list, t)) == 0
}

// refuseForeign refuses to replace a folder that converge did not unpack and that contains entries that the archive
// lacks.
func (s *staging) refuseForeign(t *tree, known *list, force bool) error {
	if known != nil || force {
		return nil
	}
	return refuseExtras(t, extras(s.list, t, s.claimsIn(s.at)))
}
