package source

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/resource"
)

// maxTree is how many entries a listed folder may contain.
const maxTree = 100_000

// ReadTree lists the entries below a folder beside the manifest, in order of path.
func (f *Files) ReadTree(dir string) ([]resource.TreeEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if entries, ok := f.trees[dir]; ok {
		return entries, nil
	}
	entries, err := listTree(f.opts, dir)
	if err != nil {
		return nil, err
	}
	f.trees[dir] = entries
	return entries, nil
}

// listTree is ReadTree without caching. It refuses an entry that neither root nor the owner of the folder owns: as root,
// a third user's link or name would decide about this host.
func listTree(o Options, dir string) ([]resource.TreeEntry, error) {
	var out []resource.TreeEntry
	err := o.Disk.Walk(dir, func(e Entry) error {
		if o.Stop != nil && o.Stop() != nil {
			return o.Stop()
		}
		if len(out) >= maxTree {
			return fmt.Errorf("cannot list %q: it holds more than %d entries", dir, maxTree)
		}
		entry, err := describeEntry(e)
		if err != nil {
			return fmt.Errorf("cannot list %q: %w", dir, err)
		}
		out = append(out, entry)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b resource.TreeEntry) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func describeEntry(e Entry) (out resource.TreeEntry, err error) {
	if e.Stranger != "" {
		return out, fmt.Errorf("%q belongs to %s, who does not own the folder", e.Path, e.Stranger)
	}
	out.Path = resource.EncodeBytes(e.Path)
	switch {
	case e.Mode.IsDir():
		out.Type = resource.TreeFolder
	case e.Mode.IsRegular():
		out.Type, out.Executable = resource.TreeFile, e.Mode&0o100 != 0
	case e.Mode&fs.ModeSymlink != 0:
		out.Type, out.Target = resource.TreeLink, resource.EncodeBytes(e.Target)
		if !filepath.IsAbs(e.Target) && !filepath.IsLocal(filepath.Join(filepath.Dir(e.Path), e.Target)) {
			return out, fmt.Errorf("%q is a link that leads out of the folder, to %q", e.Path, e.Target)
		}
	default:
		return out, fmt.Errorf("%q is neither a file nor a directory nor a link", e.Path)
	}
	return out, nil
}
