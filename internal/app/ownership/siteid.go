package ownership

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/app/site"
	"converge/internal/journal"
	"converge/internal/resource"
)

// stdinPath is the PATH that means standard input.
const stdinPath = "-"

// NameSite determines the site of the manifest at path: the name in its settings, or its path, as given and made
// absolute. A folder and a file in it are two sites, and a moved manifest is a new one unless it has a name or states
// its former one. A manifest with a new name keeps the site of its path.
//
// A fetched manifest is identified by its URL. A path is not resolved: a link (/srv/site/current) may lead to another
// folder after every deployment, but it is the same site.
func NameSite(s *site.Site, path, stateDir string) (journal.Site, error) {
	id := journal.Site{Name: s.Settings.Name, Former: slices.Clone(s.Settings.Formerly)}
	if path != stdinPath {
		abs, err := Absolute(path)
		if err != nil {
			return id, fmt.Errorf("cannot tell which site %s is: %w", path, err)
		}
		if id.Name == "" {
			id.Name = abs
		} else {
			id.Former = append(id.Former, abs)
		}
	}
	if id.Name == "" {
		id = journal.Site{Name: journal.NoSite}
	}
	return nameInTree(id, s.Root, stateDir), nil
}

// Absolute makes the path of a manifest absolute. A URL is already absolute; standard input has no path.
func Absolute(path string) (string, error) {
	if path == stdinPath || strings.Contains(path, "://") {
		return path, nil
	}
	abs, err := filepath.Abs(path)
	return resource.EncodeBytes(abs), err
}

// nameInTree distinguishes sites of one state folder for several trees. A tree that contains its own state may be
// moved, and stays the same site.
func nameInTree(id journal.Site, root, state string) journal.Site {
	if root == "/" || id.Name == journal.NoSite || strings.HasPrefix(state, root+"/") {
		return id
	}
	tree := "@" + resource.EncodeBytes(root)
	id.Name += tree
	for i := range id.Former {
		id.Former[i] += tree
	}
	return id
}
