package files

import (
	"context"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// treeReader lists the contents of directories.
type treeReader struct{ *base }

// listAll lists the tree below a directory, without other file systems.
func (t treeReader) listAll(ctx context.Context, dir string) (out []string, err error) {
	err = t.fs.Walk(ctx, dir, func(e fsys.Entry) error {
		out = append(out, resource.EncodeBytes(e.Path))
		return nil
	})
	if isMissing(err) {
		return nil, nil
	}
	return out, t.access.nameUsers(err)
}

// listRemoved lists the tree of a directory to be removed, and the entries to be purged from one that stays.
func (t treeReader) listRemoved(ctx context.Context, c *change) ([]string, error) {
	r := &c.request
	if !r.isDirectory() || !r.Purge.Value {
		return nil, nil
	}
	switch c.Action {
	case resource.Delete:
		return t.listAll(ctx, r.path)
	case resource.Update:
		return t.listPurged(ctx, r.path, decodePaths(c.seen.Undeclared))
	default:
		return nil, nil
	}
}

// listPurged lists the entries that purge removes, and all below them. It reaches
// them from dir, as purge does.
func (t treeReader) listPurged(ctx context.Context, dir string, undeclared []string) (out []string, err error) {
	goes, leads := map[string]bool{}, map[string]bool{}
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
		} else if !leads[e.Path] {
			return fsys.ErrSkipDir
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
