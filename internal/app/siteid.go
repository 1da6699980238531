package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/event"
	"converge/internal/journal"
	"converge/internal/resource"
)

// stdinPath is the PATH that means standard input.
const stdinPath = "-"

// nameSite determines the site of the manifest at path: the name in its settings,
// or its path, as given and made absolute. A folder and a file in it are two
// sites, and a moved manifest is a new one unless it has a name or states its
// former one. A manifest with a new name keeps the site that its path was.
//
// The path is not resolved: behind one link (/srv/site/current) there may be
// another folder after every deployment, and it is the same site.
func (s *session) nameSite(path string) error {
	set := s.site.Settings
	id := journal.Site{Name: set.Name, Former: slices.Clone(set.Formerly)}
	if path != stdinPath {
		abs, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("cannot tell which site %s is: %w", path, err)
		}
		abs = resource.EncodeBytes(abs)
		if id.Name == "" {
			id.Name = abs
		} else {
			id.Former = append(id.Former, abs)
		}
	}
	if id.Name == "" {
		id = journal.Site{Name: journal.NoSite}
	}
	dir, err := s.findFolder()
	if err != nil {
		return err
	}
	s.id = nameInTree(id, s.flags.Site.Root, dir)
	return nil
}

// nameInTree tells sites of one state folder apart that are about several trees. A
// tree that holds its own state may be moved, and is the same then.
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

// warnUnpruned reports that --prune was given and nothing can be pruned.
func (s *session) warnUnpruned() {
	msg := ""
	switch {
	case !s.flags.Prune:
		return
	case s.id.Name == journal.NoSite:
		msg = "nothing is pruned: a manifest from standard input that has no name has no memory to prune by; settings { name = \"…\" } gives it one"
	case s.chosen != nil:
		msg = "nothing is pruned: this run is about what --target chooses"
	default:
		return
	}
	s.sinks.Emit(event.Event{Type: event.Warning, Message: msg})
}
