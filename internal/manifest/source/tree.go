package source

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

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
	entries, err := listTree(dir)
	if err != nil {
		return nil, err
	}
	f.trees[dir] = entries
	return entries, nil
}

// listTree is ReadTree without caching. It refuses an entry that neither root nor the owner of the folder owns: as root,
// a third user's link or name would decide about this host.
func listTree(dir string) ([]resource.TreeEntry, error) {
	top, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, resource.DescribeReadError(dir, err)
	case !top.IsDir():
		return nil, fmt.Errorf("cannot list %q: it is not a directory", dir)
	}
	owner := ownerOf(top)
	var out []resource.TreeEntry
	err = filepath.WalkDir(dir+"/", func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || rel == "." {
			return err
		}
		if len(out) >= maxTree {
			return fmt.Errorf("it holds more than %d entries", maxTree)
		}
		e, err := readEntry(path, rel, owner)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list %q: %w", dir, err)
	}
	slices.SortFunc(out, func(a, b resource.TreeEntry) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// readEntry returns the entry at a path.
func readEntry(path, rel string, owner uint32) (e resource.TreeEntry, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return e, err
	}
	if uid := ownerOf(info); os.Geteuid() == 0 && uid != 0 && uid != owner {
		return e, fmt.Errorf("%q belongs to user %d, who does not own the folder", rel, uid)
	}
	e.Path = resource.EncodeBytes(rel)
	switch mode := info.Mode(); {
	case mode.IsDir():
		e.Type = resource.TreeFolder
	case mode.IsRegular():
		e.Type, e.Executable = resource.TreeFile, mode&0o100 != 0
	case mode&fs.ModeSymlink != 0:
		e.Type = resource.TreeLink
		text, err := os.Readlink(path)
		if err != nil {
			return e, err
		}
		if e.Target = resource.EncodeBytes(text); !filepath.IsAbs(text) && !filepath.IsLocal(filepath.Join(filepath.Dir(rel), text)) {
			return e, fmt.Errorf("%q is a link that leads out of the folder, to %q", rel, text)
		}
	default:
		return e, fmt.Errorf("%q is neither a file nor a directory nor a link", rel)
	}
	return e, nil
}

func ownerOf(info fs.FileInfo) uint32 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Uid
	}
	return 0
}
