package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

func (p *Provider) observeDir(ctx context.Context, want cty.Value) (cty.Value, error) {
	path := pathOf(want)
	info, err := p.held.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && absent(want):
		return resource.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink && !absent(want):
		// A directory may be reached through a link (/var/run, /lib): it is
		// managed where it is, as every tool does.
		info, err = p.held.Stat(path)
		if errors.Is(err, fsys.ErrUnsafe) || errors.Is(err, fsys.ErrPlanted) {
			return cty.NilVal, err
		}
		if err != nil || info.Type != fsys.Directory {
			return cty.NilVal, inTheWay(path, fsys.Info{Type: fsys.Symlink}, "directory", "it does not lead to a directory; "+removeIt)
		}
	case info.Type != fsys.Directory:
		return cty.NilVal, inTheWay(path, info, "directory", removeIt)
	}
	if absent(want) {
		if len(p.kept(want)) > 0 {
			return resource.Absent, nil
		}
		if err := p.holdsOwn(path); err != nil {
			return cty.NilVal, err
		}
		return cty.ObjectVal(present(resources.TypeDirectory)), nil
	}
	same, err := p.permSame(ctx, want, info)
	if err != nil {
		return cty.NilVal, err
	}
	below, err := p.below(ctx, want, path)
	if err != nil {
		return cty.NilVal, err
	}
	if same && len(below.differing) == 0 && len(below.undeclared) == 0 {
		return want, nil
	}
	m := present(resources.TypeDirectory)
	m["path"] = resource.GetAttr(want, "path")
	if x := resource.GetAttr(want, "xattrs"); x != cty.NilVal {
		m["xattrs"] = x // what is there keeps its own
	}
	m["differing"], m["undeclared"] = stringList(below.differing), stringList(below.undeclared)
	return p.withPerm(ctx, m, want, info)
}

// found is the result of recurse and purge for the tree below.
type found struct {
	differing  []string
	undeclared []string // a directory stands for all that is in it
}

func (p *Provider) below(ctx context.Context, want cty.Value, path string) (found, error) {
	var out found
	recurse, purge := resource.BoolAttr(want, "recurse"), resource.BoolAttr(want, "purge")
	if !recurse && !purge {
		return out, nil
	}
	site, err := p.declaredBelow(path)
	if err != nil {
		if purge {
			return out, err
		}
		site = siteBelow{siteMap: &siteMap{}}
	}
	if site.siteMap != nil && site.isOwn(path) {
		return out, nil
	}
	w := belowWalk{p: p, ctx: ctx, want: want, site: site, recurse: recurse, purge: purge}
	err = p.fs.Walk(ctx, path, w.visit)
	return w.found, err
}

// belowWalk finds what recurse and purge concern. It lives for one walk.
type belowWalk struct {
	found
	p              *Provider
	ctx            context.Context //nolint:containedctx // of the one call it is part of
	want           cty.Value
	site           siteBelow
	recurse, purge bool
	theirs         string // the declared directory that is being gone through: only purge does
}

// keeps reports whether purge leaves a path: it is declared, is a parent of a
// declared path, or is in the home of a declared user.
func (w *belowWalk) keeps(path string) bool {
	if w.site.keeps(path) {
		return true
	}
	for at := path; len(at) > len(w.site.dir); at = parent(at) {
		if w.site.homes[w.site.at(at)] {
			return true
		}
	}
	return false
}

func (w *belowWalk) visit(e fsys.Entry) error {
	if w.site.isOwn(e.Path) {
		return fsys.ErrSkipDir
	}
	if w.purge && !w.recurse && w.site.homes[w.site.at(e.Path)] {
		return fsys.ErrSkipDir
	}
	if w.purge && !w.keeps(e.Path) {
		w.undeclared = append(w.undeclared, e.Path)
		return fsys.ErrSkipDir
	}
	within := w.theirs != "" && strings.HasPrefix(e.Path, w.theirs+"/")
	if w.site.declares(e.Path) && !within {
		if w.theirs, within = e.Path, true; !w.purge && e.Type == fsys.Directory {
			return fsys.ErrSkipDir
		}
	}
	if !w.recurse || within || e.Type != fsys.Regular && e.Type != fsys.Directory {
		return nil
	}
	same, err := w.p.permSame(w.ctx, recursed(w.want, e.Info), e.Info)
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

// recursed is what recurse wants of something below: the directory's owner and
// group, and its mode; for a file without the execute bits, unless someone may
// execute it already.
func recursed(want cty.Value, info fsys.Info) cty.Value {
	m := map[string]cty.Value{}
	for _, a := range []string{"mode", "owner", "group"} {
		if v := resource.GetAttr(want, a); v != cty.NilVal {
			m[a] = v
		}
	}
	if s := resource.StringAttr(want, "mode"); s != "" && info.Type != fsys.Directory {
		if mode, err := resources.ParseMode(s); err == nil {
			bits := mode.Apply(info.Mode, info.Mode&0o111 != 0)
			if info.Mode&0o111 == 0 {
				bits &^= 0o111
			}
			// Setuid, setgid and sticky mean one thing for a directory and
			// quite another for a program: they are not handed down.
			bits = bits&0o777 | info.Mode&0o7000
			m["mode"] = cty.StringVal(resources.FormatMode(bits))
		}
	}
	return cty.ObjectVal(m)
}

func stringList(s []string) cty.Value {
	if len(s) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	out := make([]cty.Value, len(s))
	for i, e := range s {
		out[i] = textVal(e)
	}
	return cty.ListVal(out)
}

func (p *Provider) observeLink(want cty.Value) (cty.Value, error) {
	path := pathOf(want)
	info, err := p.held.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && absent(want):
		return resource.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink:
	case info.Type == fsys.Directory:
		return cty.NilVal, inTheWay(path, info, "link", removeIt)
	case absent(want):
		return cty.NilVal, inTheWay(path, info, "link", "it is left alone")
	case !resource.BoolAttr(want, "force"):
		return cty.NilVal, inTheWay(path, info, "link", forceIt)
	default:
		return cty.ObjectVal(present(typeName(info.Type))), nil
	}
	m := present(resources.TypeLink)
	if absent(want) {
		return cty.ObjectVal(m), nil
	}
	text, err := p.held.Readlink(path)
	if err != nil {
		return cty.NilVal, err
	}
	if text == bytesOf(want, "target") {
		return want, nil
	}
	m["path"], m["target"] = resource.GetAttr(want, "path"), textVal(text)
	return cty.ObjectVal(m), nil
}
