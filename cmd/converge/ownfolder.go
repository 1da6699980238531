package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/resource"
)

// ownFolder returns the physical path of the state folder below the root; "" if it
// is elsewhere.
func (s *session) ownFolder() string {
	real, err := filepath.EvalSymlinks(s.stateDir)
	if err != nil {
		real = s.stateDir // it is not there yet
	}
	root, err := filepath.EvalSymlinks(s.site.root)
	if err != nil {
		return ""
	}
	return pathBelow(root, real)
}

// ownPaths returns the state folder, as far as it is below the root, and the
// links on the way there: without those the next run would begin with an empty
// state.
func (s *session) ownPaths() []string {
	path := pathBelow(s.site.root, s.stateDir)
	if s.flags.state.dir == "" && s.site.root != "/" {
		path = "/" + stateIn
	}
	paths := linksTo(s.fs, path)
	if own := s.ownFolder(); own != "" {
		paths = append(paths, own)
	}
	return paths
}

// pathBelow is a path as it is called in the tree at root; "" if it is not below
// that.
func pathBelow(root, path string) string {
	below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/")+"/")
	if !ok {
		return ""
	}
	return "/" + below
}

// linksTo are the links that a path leads through, its last part included.
func linksTo(tree *fsys.FS, path string) (links []string) {
	const most = 40 // as the kernel has it, path_resolution(7)
	at, rest := "/", strings.Split(path, "/")
	for len(rest) > 0 && len(links) < most {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := tree.Lstat(next)
		switch {
		case err != nil:
			return links // nothing is there yet
		case info.Type != fsys.Symlink:
			at = next
			continue
		}
		text, err := tree.Readlink(next)
		if err != nil {
			return links
		}
		links = append(links, next)
		if filepath.IsAbs(text) {
			at = "/"
		}
		rest = append(strings.Split(text, "/"), rest...)
	}
	return links
}

// refuseOwn refuses resources that manage anything in the state folder.
func (s *session) refuseOwn() error {
	own := s.ownFolder()
	if own == "" {
		return nil
	}
	for _, r := range s.site.Resources {
		path, ok := strings.CutPrefix(r.Key, "path:")
		if !ok || r.Off || !strings.HasPrefix(path, own) {
			continue
		}
		below, at := strings.HasPrefix(path, own+"/"), path == own
		if below || at && (r.Kind.Name != "directory" || resource.StringAttr(r.Want, "ensure") == "absent" || setsAccess(r.Want)) {
			return exit.With(exit.Failure, fmt.Errorf("%s (%s) is converge's own: it keeps its state in %s", r.Addr, rangePlace(r.Range), own))
		}
	}
	return nil
}

// treeState is the state folder of a tree: var/lib/converge, found as a process
// that is chrooted there would find it. A link on the way that leads to nothing
// in the tree is refused: what it names may well be there outside.
func treeState(root string) (string, error) {
	tree, err := fsys.Open(root)
	if err != nil {
		return filepath.Join(root, stateIn), nil //nolint:nilerr // whoever works in the tree says what is wrong with it
	}
	defer tree.Close() //nolint:errcheck // it was only read
	found := "/"
	parts := strings.Split(stateIn, "/")
	for i, part := range parts {
		at := filepath.Join(found, part)
		if _, err := tree.Lstat(at); err != nil {
			return tree.HostPath(filepath.Join(append([]string{found}, parts[i:]...)...)), nil //nolint:nilerr // it is made, or opening it says why not
		}
		if found, err = tree.Resolve(at); err != nil {
			return "", fmt.Errorf("cannot use %s for the state: %w; a link there must lead to a folder in the tree, or --state DIR must say where the state is", tree.HostPath(at), err)
		}
	}
	return tree.HostPath(found), nil
}

// setsAccess reports whether a directory would be given a mode or an owner.
// Those of the state folder are converge's business: with others it is refused.
func setsAccess(want cty.Value) bool {
	return slices.ContainsFunc([]string{"mode", "owner", "group"}, func(name string) bool { return resource.HasAttr(want, name) })
}
