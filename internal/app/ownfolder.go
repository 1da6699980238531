package app

import (
	"fmt"
	"path/filepath"
	"strings"

	"converge/internal/app/exit"
	"converge/internal/app/site"
	"converge/internal/resource"
	"converge/resources"
)

// findOwnFolder returns the physical path of the state folder below the root; "" if it
// is elsewhere.
func (s *session) findOwnFolder() string {
	real, err := filepath.EvalSymlinks(s.stateDir)
	if err != nil {
		real = s.stateDir // it is not there yet
	}
	root, err := filepath.EvalSymlinks(s.site.Root)
	if err != nil {
		return ""
	}
	return pathBelow(root, real)
}

// findOwnPaths returns the state folder, as far as it is below the root, and the
// links on the way there: without those the next run would begin with an empty
// state.
func (s *session) findOwnPaths() []string {
	path := pathBelow(s.site.Root, s.stateDir)
	if s.flags.State.Dir == "" && s.site.Root != "/" {
		path = "/" + stateIn
	}
	paths := findLinks(s.fs, path)
	if own := s.findOwnFolder(); own != "" {
		paths = append(paths, own)
	}
	return paths
}

// checkOwnFolder refuses resources that manage anything in the state folder.
func (s *session) checkOwnFolder() error {
	own := s.findOwnFolder()
	if own == "" {
		return nil
	}
	for _, r := range s.site.Resources {
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

// leavesAccess reports whether a resource is a directory to which no mode and no
// owner would be given. Those of the state folder are converge's business: with
// others it is refused.
func leavesAccess(r *resource.Resource) bool {
	if r.Kind.Name != "directory" {
		return false
	}
	d := resource.Must[resources.DirectoryWant](r.Want)
	return !d.IsAbsent() && !d.Mode.Set && !d.Owner.Set && !d.Group.Set
}
