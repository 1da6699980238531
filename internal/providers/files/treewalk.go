package files

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// treeWalk finds the entries that recurse and purge concern. It is used for one walk.
type treeWalk struct {
	found
	access         access
	ctx            context.Context //nolint:containedctx // of the one call it is part of
	want           resources.Permissions
	site           siteBelow
	recurse, purge bool
	declared       string // the declared directory that is being walked: only purge concerns its contents
}

func (w *treeWalk) visit(e fsys.Entry) error {
	if w.site.isOwn(e.Path) {
		return fsys.ErrSkipDir
	}
	if e.Type == fsys.Directory && w.site.isLink(e.Path) {
		return fsys.ErrSkipDir
	}
	if w.purge && !w.recurse && w.site.isHome(e.Path) {
		return fsys.ErrSkipDir
	}
	if w.purge && w.site.isPurged(e.Path) {
		w.undeclared = append(w.undeclared, e.Path)
		return fsys.ErrSkipDir
	}
	within := w.declared != "" && strings.HasPrefix(e.Path, w.declared+"/")
	if w.site.isDeclared(e.Path) && !within {
		if w.declared, within = e.Path, true; !w.purge && e.Type == fsys.Directory {
			return fsys.ErrSkipDir
		}
	}
	if !w.recurse || within || e.Mount || e.Type != fsys.Regular && e.Type != fsys.Directory {
		return nil
	}
	return w.compare(e)
}

// compare adds an entry that differs from what recurse wants.
func (w *treeWalk) compare(e fsys.Entry) error {
	want := recursePermissions(&w.want, e.Info)
	same, err := w.access.isSame(w.ctx, &want, e.Info)
	switch {
	case err != nil:
		return err
	case !same && e.Shared():
		return fmt.Errorf("cannot change %q: %w", e.Path, fsys.ErrShared)
	case !same:
		w.differing = append(w.differing, e.Path)
	}
	return nil
}
