package journal

import (
	"cmp"
	"slices"
	"strings"

	"converge/internal/resource"
)

// Files are the paths of files of a thing that its key does not name: those that it is a part of, and further ones
// that it needs. A path that ends in a slash is a folder with all its contents.
type Files struct{ Within, Writes []string }

// Items for such files in a site's dependencies. No thing has such a key, so for a version of converge that does not
// know the items they are dependencies on nothing.
const (
	withinItem = "within:"
	writesItem = "writes:"
)

// In returns the links of a thing with these files.
func (l Links) In(f Files) Links {
	items := make([]string, 0, len(f.Within)+len(f.Writes)+1)
	for _, p := range f.Within {
		items = append(items, escapeItem(withinItem+p))
	}
	for _, p := range f.Writes {
		items = append(items, escapeItem(writesItem+p))
	}
	if l.deps != "" {
		items = append(items, l.deps)
	}
	l.deps = strings.Join(items, " ")
	return l
}

// cutFiles removes the files from a decoded list of dependencies without protector.
func cutFiles(deps []string) (others []string, f Files) {
	for len(deps) > 0 {
		if p, ok := strings.CutPrefix(deps[0], withinItem); ok {
			f.Within = append(f.Within, p)
		} else if p, ok := strings.CutPrefix(deps[0], writesItem); ok {
			f.Writes = append(f.Writes, p)
		} else {
			return deps, f
		}
		deps = deps[1:]
	}
	return nil, f
}

// ListHeldByOthers returns the keys that begin with prefix and that other sites declare, and the paths of the files
// that contain these things; both are sorted.
func (sl SiteLedger) ListHeldByOthers(prefix string) (keys, files []string) {
	l, unlock := sl.lock()
	defer unlock()
	own := escapeItems(sl.site.allNames())
	if !mayBeOfOthers(l, own) {
		return nil, nil
	}
	for key, v := range l.eachOf(prefix) {
		if v.holds == "" || slices.Contains(own, v.holds) {
			continue
		}
		others := slices.DeleteFunc(splitHolds(v.holds), func(h holder) bool { return slices.Contains(own, h.site) })
		if len(others) == 0 {
			continue
		}
		name := cmp.Or(l.strayed[key], key)
		keys = append(keys, name)
		if file, _, isPart := resource.CutPartKey(name); isPart {
			files = append(files, file)
		}
		for _, h := range others {
			files = append(files, h.listFiles()...)
		}
	}
	slices.Sort(keys)
	slices.Sort(files)
	return slices.Compact(keys), slices.Compact(files)
}

// listFiles lists the files of a thing in one site's record.
func (h holder) listFiles() []string {
	if !strings.Contains(h.deps, withinItem) && !strings.Contains(h.deps, writesItem) { // the usual case
		return nil
	}
	deps, _ := cutProtected(splitItems(h.deps))
	deps, _ = cutKept(deps)
	_, f := cutFiles(deps)
	return append(f.Within, f.Writes...)
}
