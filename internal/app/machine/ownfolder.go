package machine

import (
	"fmt"
	"path/filepath"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/app/statedir"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// ownFolder is the state folder as seen from the tree that is converged.
type ownFolder struct {
	root, dir string
	byDefault bool // --state does not set it
}

// findPath returns the physical path of the state folder below the root; "" if it
// is elsewhere.
func (o ownFolder) findPath() string {
	real, err := filepath.EvalSymlinks(o.dir)
	if err != nil {
		real = o.dir // it does not exist yet
	}
	root, err := filepath.EvalSymlinks(o.root)
	if err != nil {
		return ""
	}
	return statedir.PathBelow(root, real)
}

// findPaths returns the state folder, if it is below the root, and the links on the way there: without those the next
// run would begin with an empty state.
func (o ownFolder) findPaths(tree *fsys.FS) []string {
	path := statedir.PathBelow(o.root, o.dir)
	if o.byDefault && o.root != "/" {
		path = "/" + statedir.Default
	}
	paths := statedir.FindLinks(tree, path)
	if own := o.findPath(); own != "" {
		paths = append(paths, own)
	}
	return paths
}

// refuseOwn refuses resources that manage anything in the state folder.
func (o ownFolder) refuseOwn(rs []*resource.Resource) error {
	own := o.findPath()
	if own == "" {
		return nil
	}
	for _, r := range rs {
		path, ok := strings.CutPrefix(r.Key, "path:")
		if !ok || r.Off || !strings.HasPrefix(path, own) {
			continue
		}
		below, at := strings.HasPrefix(path, own+"/"), path == own
		if below || at && !leavesAccess(r) {
			return exit.With(exit.Failure, fmt.Errorf("%s (%s) is converge's own: it keeps its state in %s", r.Addr, site.FormatPlace(r.Range), own))
		}
	}
	return nil
}

// leavesAccess reports whether a resource is a directory that sets no mode and no owner. converge itself sets those of
// the state folder, and refuses the folder with others.
func leavesAccess(r *resource.Resource) bool {
	if r.Kind.Name != "directory" && r.Kind.Name != "tree" {
		return false
	}
	d := resource.Must[resources.Entry](r.Want)
	return d.Type == resources.TypeDirectory && !d.IsAbsent() && !d.Mode.Set && !d.Owner.Set && !d.Group.Set
}
