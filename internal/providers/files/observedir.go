package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

func (p *Provider) observeDir(ctx context.Context, want *resources.Entry) (*resources.Entry, error) {
	path := want.Path.Bytes()
	info, err := p.held.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && want.IsAbsent():
		return nil, nil
	case err != nil:
		return nil, err
	case info.Type == fsys.Symlink && !want.IsAbsent():
		// A directory may be reached through a link (/var/run, /lib): it is
		// managed where it is, as every tool does.
		info, err = p.held.Stat(path)
		if errors.Is(err, fsys.ErrUnsafe) || errors.Is(err, fsys.ErrPlanted) {
			return nil, err
		}
		if err != nil || info.Type != fsys.Directory {
			return nil, inTheWay(path, fsys.Info{Type: fsys.Symlink}, "directory", "it does not lead to a directory; "+removeIt)
		}
	case info.Type != fsys.Directory:
		return nil, inTheWay(path, info, "directory", removeIt)
	}
	if want.IsAbsent() {
		if len(p.kept(want)) > 0 {
			return nil, nil
		}
		if err := p.holdsOwn(path); err != nil {
			return nil, err
		}
		return present(resources.TypeDirectory), nil
	}
	same, err := p.permSame(ctx, want, info)
	if err != nil {
		return nil, err
	}
	below, err := p.below(ctx, want, path)
	if err != nil {
		return nil, err
	}
	if same && len(below.differing) == 0 && len(below.undeclared) == 0 {
		return want, nil
	}
	m := present(resources.TypeDirectory)
	m.Path = want.Path
	m.Xattrs = want.Xattrs // what is there keeps its own
	m.Differing, m.Undeclared = textsOf(below.differing), textsOf(below.undeclared)
	return p.withPerm(ctx, m, want, info)
}

// found is the result of recurse and purge for the tree below.
type found struct {
	differing  []string
	undeclared []string // a directory stands for all that is in it
}

func (p *Provider) below(ctx context.Context, want *resources.Entry, path string) (found, error) {
	var out found
	recurse, purge := want.Recurse.Value, want.Purge.Value
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
	want           *resources.Entry
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
func recursed(want *resources.Entry, info fsys.Info) *resources.Entry {
	m := &resources.Entry{Permissions: resources.Permissions{Mode: want.Mode, Owner: want.Owner, Group: want.Group}}
	if s := want.Mode.Value; s != "" && info.Type != fsys.Directory {
		if mode, err := resources.ParseMode(s); err == nil {
			bits := mode.Apply(info.Mode, info.Mode&0o111 != 0)
			if info.Mode&0o111 == 0 {
				bits &^= 0o111
			}
			// Setuid, setgid and sticky mean one thing for a directory and
			// quite another for a program: they are not handed down.
			bits = bits&0o777 | info.Mode&0o7000
			m.Mode.Value = resources.FormatMode(bits)
		}
	}
	return m
}

// textsOf are names of any bytes as texts.
func textsOf(names []string) resource.Opt[[]string] {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = resource.EncodeBytes(name)
	}
	return resource.Some(out)
}

func (p *Provider) observeLink(want *resources.Entry) (*resources.Entry, error) {
	path := want.Path.Bytes()
	info, err := p.held.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && want.IsAbsent():
		return nil, nil
	case err != nil:
		return nil, err
	case info.Type == fsys.Symlink:
	case info.Type == fsys.Directory:
		return nil, inTheWay(path, info, "link", removeIt)
	case want.IsAbsent():
		return nil, inTheWay(path, info, "link", "it is left alone")
	case !want.Force.Value:
		return nil, inTheWay(path, info, "link", forceIt)
	default:
		return present(typeName(info.Type)), nil
	}
	m := present(resources.TypeLink)
	if want.IsAbsent() {
		return m, nil
	}
	text, err := p.held.Readlink(path)
	if err != nil {
		return nil, err
	}
	if text == want.Target.Bytes() {
		return want, nil
	}
	m.Path, m.Target = want.Path, textOf(text)
	return m, nil
}
