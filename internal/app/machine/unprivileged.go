package machine

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// forbid returns a function that tells which changes this process may not make, as far as that is known before: a user
// may manage all that is the user's own. nil: the process is root's, or no machine is changed.
func forbid(m *Machine) func(res *resource.Resource, c resource.Change) error {
	if os.Geteuid() == 0 || m.Elsewhere != nil {
		return nil
	}
	return func(res *resource.Resource, c resource.Change) error {
		switch name := res.Kind.Name; {
		case name == "user" || name == "group":
			return resource.Unprivilegedf("only root can change users and groups")
		case name == "package" && res.Provider() != resource.Provider(m.farms):
			return resource.Unprivilegedf("only root can change packages")
		case name == "exec" || name == "check":
			return nil
		}
		l := res.Links()
		paths := slices.Clone(l.Within)
		if file, _, isPart := resource.CutPartKey(res.Key); isPart {
			paths = append(paths, file)
		} else if own, isPath := strings.CutPrefix(res.Key, assembly.PathKey); isPath {
			paths = append(paths, own)
		}
		for _, p := range paths {
			if err := refuseUnwritable(m, resource.DecodeBytes(p), c); err != nil {
				return resource.Unprivileged(err)
			}
		}
		return nil
	}
}

// refuseUnwritable refuses a change at a path that this process may not write. An entry of its own it may change in any
// folder, except for the content, which is written beside it.
func refuseUnwritable(m *Machine, p string, c resource.Change) error {
	if c.Action == resource.Update && !c.Differs("content") {
		if info, err := m.tree.Lstat(p); err == nil && info.UID == uint32(os.Geteuid()) { //nolint:gosec // a uid
			return nil
		}
	}
	for p != "/" && p != "." {
		err := m.tree.Writable(p)
		if err == nil || errors.Is(err, fs.ErrPermission) {
			return err
		}
		p = path.Dir(p) // its folder is to be made, too
	}
	return nil
}
