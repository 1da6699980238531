package files

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/resources"
)

func (p *Provider) observeDir(ctx context.Context, want cty.Value) (cty.Value, error) {
	path := resources.StringAttr(want, "path")
	info, err := p.fs.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && absent(want):
		return resources.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink && !absent(want):
		// A directory may be reached through a link (/var/run, /lib): it is
		// managed where it is, as every tool does.
		if info, err = p.fs.Stat(path); err != nil || info.Type != fsys.Directory {
			return cty.NilVal, inTheWay(path, fsys.Info{Type: fsys.Symlink}, "directory", "it does not lead to a directory; "+removeIt)
		}
	case info.Type != fsys.Directory:
		return cty.NilVal, inTheWay(path, info, "directory", removeIt)
	}
	if absent(want) {
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
	m["path"] = resources.GetAttr(want, "path")
	m["differing"], m["undeclared"] = stringList(below.differing), stringList(below.undeclared)
	return p.withPerm(ctx, m, want, info)
}

// found is what recurse and purge have to say about what lies below.
type found struct {
	differing  []string
	undeclared []string // a directory stands for all that is in it
}

func (p *Provider) below(ctx context.Context, want cty.Value, path string) (found, error) {
	var out found
	recurse, purge := resources.BoolAttr(want, "recurse"), resources.BoolAttr(want, "purge")
	if !recurse && !purge {
		return out, nil
	}
	stands, err := p.declaredBelow(path)
	if err != nil {
		return out, err
	}
	var theirs string // the declared directory that is being gone through: only purge does
	err = p.fs.Walk(ctx, path, func(at string, info fsys.Info) error {
		s := stands(at)
		if purge && s == undeclared {
			out.undeclared = append(out.undeclared, at)
			return fsys.ErrSkipDir
		}
		within := theirs != "" && strings.HasPrefix(at, theirs+"/")
		if s == declares && !within {
			if theirs, within = at, true; !purge && info.Type == fsys.Directory {
				return fsys.ErrSkipDir
			}
		}
		if recurse && !within && (info.Type == fsys.Regular || info.Type == fsys.Directory) {
			same, err := p.permSame(ctx, recursed(want, info), info)
			if err != nil {
				return err
			}
			if !same {
				out.differing = append(out.differing, at)
			}
		}
		return nil
	})
	return out, err
}

// recursed is what recurse wants of something below: the directory's owner and
// group, and its mode; for a file without the execute bits, unless someone may
// execute it already.
func recursed(want cty.Value, info fsys.Info) cty.Value {
	m := map[string]cty.Value{}
	for _, a := range []string{"mode", "owner", "group"} {
		if v := resources.GetAttr(want, a); v != cty.NilVal {
			m[a] = v
		}
	}
	if s := resources.StringAttr(want, "mode"); s != "" && info.Type != fsys.Directory {
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
		out[i] = cty.StringVal(e)
	}
	return cty.ListVal(out)
}

func (p *Provider) observeLink(want cty.Value) (cty.Value, error) {
	path := resources.StringAttr(want, "path")
	info, err := p.fs.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR) && absent(want):
		return resources.Absent, nil
	case err != nil:
		return cty.NilVal, err
	case info.Type == fsys.Symlink:
	case info.Type == fsys.Directory:
		return cty.NilVal, inTheWay(path, info, "link", removeIt)
	case absent(want):
		return cty.NilVal, inTheWay(path, info, "link", "it is left alone")
	case !resources.BoolAttr(want, "force"):
		return cty.NilVal, inTheWay(path, info, "link", forceIt)
	default:
		return cty.ObjectVal(present(typeName(info.Type))), nil
	}
	m := present(resources.TypeLink)
	if absent(want) {
		return cty.ObjectVal(m), nil
	}
	text, err := p.fs.Readlink(path)
	if err != nil {
		return cty.NilVal, err
	}
	if text == resources.StringAttr(want, "target") {
		return want, nil
	}
	m["path"], m["target"] = resources.GetAttr(want, "path"), cty.StringVal(text)
	return cty.ObjectVal(m), nil
}
