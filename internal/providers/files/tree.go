package files

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// treeReader lists the contents of directories.
type treeReader struct{ *base }

// listAll lists the tree below a directory, without other file systems. check refuses an entry.
func (t treeReader) listAll(ctx context.Context, dir string, check removalCheck) (out []string, err error) {
	err = t.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		out = append(out, resource.EncodeBytes(e.Path))
		return check(e, false)
	})
	if isMissing(err) {
		return nil, nil
	}
	return out, t.access.nameUsers(err)
}

// removalCheck refuses the removal of an entry. isHeld means that its directory, which stays, gives up no entry.
type removalCheck func(e fsys.Entry, isHeld bool) error

// acceptAll refuses no entry.
func acceptAll(fsys.Entry, bool) error { return nil }

// refuseFixed refuses an entry that cannot be removed.
func refuseFixed(e fsys.Entry, isHeld bool) error {
	switch {
	case e.Mount:
		return fmt.Errorf("cannot remove %q: %w: unmount it, or declare what is to stay", e.Path, fsys.ErrMounted)
	case e.Immutable:
		return errImmutable("remove", e.Path)
	case isHeld:
		return fmt.Errorf("cannot remove %q: its directory is immutable or append-only (see chattr)", e.Path)
	}
	return nil
}

// capped is a list of which a note names the first few.
type capped []string

// noting returns check, which also collects what a rollback cannot make again of removed entries: pipes, sockets and
// devices, and hard links.
func (u *capped) noting(check removalCheck) removalCheck {
	return func(e fsys.Entry, isHeld bool) error {
		lost := resources.DescribeUnmakeable(resources.Listed{Type: typeName(e.Type), Path: resource.EncodeBytes(e.Path), Links: severalNames(e.Info)})
		if lost != "" {
			*u = append(*u, lost)
		}
		return check(e, isHeld)
	}
}

// severalNames returns how many names a file has; 0: it has one, or it is no file.
func severalNames(info fsys.Info) uint64 {
	if info.Type != fsys.Regular || info.Links < 2 {
		return 0
	}
	return info.Links
}

// note returns the note that begins with a text and names them; none if there is none.
func (u capped) note(begin string) []string {
	const most = 3
	switch n := len(u) - most; {
	case len(u) == 0:
		return nil
	case n > 0:
		return []string{fmt.Sprintf("%s%s and %d more", begin, strings.Join(u[:most], ", "), n)}
	}
	return []string{begin + strings.Join(u, ", ")}
}

// listRemoved lists the tree of a directory to be removed, and the entries to be
// purged from one that stays. check refuses one of them.
func (t treeReader) listRemoved(ctx context.Context, c *change, check removalCheck) (out []string, err error) {
	r := &c.request
	if !r.isDirectory() || !r.Purge.Value {
		return nil, nil
	}
	var refused error // as it is, without what the walk says of its directory
	visit := func(e fsys.Entry, isHeld bool) error {
		refused = check(e, isHeld)
		return refused
	}
	switch c.Action {
	case resource.Delete:
		out, err = t.listAll(ctx, r.path, visit)
	case resource.Update:
		out, err = t.listPurged(ctx, r.path, decodePaths(c.seen.Undeclared), visit)
	}
	return out, cmp.Or(refused, err)
}

// listPurged lists the entries that purge removes, and all below them. It reaches
// them from dir, as purge does.
func (t treeReader) listPurged(ctx context.Context, dir string, undeclared []string, check removalCheck) (out []string, err error) {
	goes, leads, holds := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, at := range undeclared {
		goes[at] = true
		for up := parentOf(at); len(up) > len(dir) && !leads[up]; up = parentOf(up) {
			leads[up] = true
		}
	}
	if len(goes) == 0 {
		return nil, nil
	}
	err = t.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		if goes[e.Path] = goes[e.Path] || goes[parentOf(e.Path)]; goes[e.Path] {
			out = append(out, resource.EncodeBytes(e.Path))
			return check(e, holds[parentOf(e.Path)])
		} else if !leads[e.Path] {
			return fsys.ErrSkipDir
		} else if e.Immutable {
			holds[e.Path] = true
		}
		return nil
	})
	return out, t.access.nameUsers(err)
}

// found is the entries below a directory that recurse and purge concern.
type found struct {
	differing  []string
	undeclared []string // a directory represents all its contents
}

// findConcerned returns the entries below the path of r that its recurse and purge concern.
func (t treeReader) findConcerned(ctx context.Context, r *request, site siteBelow) (found, error) {
	w := treeWalk{
		access: t.access, ctx: ctx, want: r.Permissions, site: site, recurse: r.Recurse.Value, purge: r.Purge.Value,
	}
	err := t.fs.Walk(ctx, r.path, w.visit)
	return w.found, err
}
