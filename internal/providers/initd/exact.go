package initd

import (
	"context"
	"maps"
	"path"
	"slices"

	"converge/internal/fsys"
)

// isExact reports whether single links are wanted, as in a rollback.
func (w wanted) isExact() bool { return len(w.madeLinks)+len(w.removedLinks) > 0 }

// isEnabled reports whether a service is started at boot. In a rollback of single links, it is the opposite of what is
// wanted until these are as they were.
func (p *Provider) isEnabled(w wanted, s script) (bool, error) {
	is := *w.enabled
	if !w.isExact() {
		return p.levels.isEnabled(s, is)
	}
	for l := range w.removedLinks {
		if _, err := p.fs.Lstat(l); isMissing(err) {
			return !is, nil
		} else if err != nil {
			return false, err
		}
	}
	for l := range w.madeLinks {
		if _, err := p.fs.Lstat(l); err == nil {
			return !is, nil
		} else if !isMissing(err) {
			return false, err
		}
	}
	return is, nil
}

// restoreLinks removes the links that a run has made, and makes those that it has removed. What else the service has in
// the same runlevel of sysvinit goes: its tool may have numbered the links anew.
func restoreLinks(ctx context.Context, tree *fsys.FS, w wanted, name string) error {
	gone := slices.Collect(maps.Keys(w.madeLinks))
	links := rcLinks{tree}
	all, err := links.of(name, allLevels())
	if err != nil {
		return err
	}
	for _, k := range all {
		for l := range w.removedLinks {
			if at := links.path(k); path.Dir(l) == links.dir(k.level) && w.removedLinks[at] == "" && !slices.Contains(gone, at) {
				gone = append(gone, at)
			}
		}
	}
	slices.Sort(gone)
	for _, l := range slices.Sorted(maps.Keys(w.removedLinks)) {
		if err := tree.MakeLink(ctx, "service", path.Clean(l), w.removedLinks[l]); err != nil {
			return err
		}
	}
	return tree.RemoveLinks(ctx, "service", gone...)
}
