package files

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/resources"
)

// Past implements [resources.Historian]: type, permissions and owner in plain
// words, the target of a link, the digest of a file that goes, and "below", a
// listing of all that goes with a directory or is handed new permissions. A
// line of that is a JSON object, see [entry].
func (p *Provider) Past(ctx context.Context, c resources.Change) (cty.Value, error) {
	t, err := p.lookAt(c.Want)
	if err != nil || t.gone {
		return c.Have, err // gone since: the change will see
	}
	m := c.Have.AsValueMap()
	e, err := p.entry(t.path, t.info, false)
	if err != nil {
		return cty.NilVal, err
	}
	for name, v := range map[string]string{"type": e.Type, "mode": e.Mode, "owner": e.Owner, "group": e.Group, "target": e.Target} {
		if delete(m, name); v != "" {
			m[name] = cty.StringVal(v)
		}
	}
	m["path"] = resources.GetAttr(c.Want, "path")
	replaced := c.Action == resources.Delete || resources.StringAttr(c.Want, "type") != e.Type
	if _, told := m["content"]; !told && replaced && t.info.Type == fsys.Regular {
		m["content"] = resources.BlobVal(p.liveBlob(t))
	}
	if t.info.Type == fsys.Directory {
		if err := p.addBelow(ctx, c, m); err != nil {
			return cty.NilVal, err
		}
	}
	return cty.ObjectVal(m), nil
}

// lookAt finds what a change is about, as staging it does.
func (p *Provider) lookAt(want cty.Value) (target, error) {
	t, err := p.look(want, p.fs.Lstat)
	through := resources.StringAttr(want, "type") == resources.TypeDirectory && t.info.Type == fsys.Symlink
	if err == nil && !t.gone && through {
		return p.followed(t, p.fs.Lstat)
	}
	return t, err
}

// entry is what a listing says of one path.
type entry struct {
	Path   string `json:"path"`
	Type   string `json:"type"`
	Mode   string `json:"mode,omitempty"` // a link has none
	Owner  string `json:"owner"`
	Group  string `json:"group"`
	Target string `json:"target,omitempty"` // of a link
	Digest string `json:"digest,omitempty"` // of a file whose content goes, which is kept
}

func (p *Provider) entry(path string, info fsys.Info, content bool) (entry, error) {
	e := entry{
		Path: path, Type: typeName(info.Type), Mode: resources.FormatMode(info.Mode),
		Owner: p.o.People.UserName(info.UID), Group: p.o.People.GroupName(info.GID),
	}
	var err error
	switch {
	case info.Type == fsys.Symlink:
		e.Mode = ""
		e.Target, err = p.fs.Readlink(path)
	case info.Type == fsys.Regular && content:
		e.Digest, err = p.liveBlob(target{path: path, info: info}).Digest()
	}
	return e, err
}

// addBelow lists what of a directory's contents the change is about.
func (p *Provider) addBelow(ctx context.Context, c resources.Change, m map[string]cty.Value) error {
	l := listing{p: p, ctx: ctx}
	switch {
	case !resources.BoolAttr(c.Want, "purge") && !resources.BoolAttr(c.Want, "recurse"):
		return nil
	case c.Action == resources.Delete:
		l.all(resources.StringAttr(c.Want, "path"))
	default:
		for _, at := range resources.StringsAttr(c.Have, "differing") {
			l.one(at, false)
		}
		for _, at := range resources.StringsAttr(c.Have, "undeclared") {
			if info := l.one(at, true); info.Type == fsys.Directory {
				l.all(at)
			}
		}
	}
	if l.err != nil || l.lines.Len() == 0 {
		return l.err
	}
	text := l.lines.Bytes()
	if p.o.Keep == nil {
		m["below"] = resources.BlobVal(resources.BytesBlob(text))
		return nil
	}
	digest, err := p.o.Keep.KeepBytes(ctx, text)
	m["below"] = resources.BlobVal(resources.DigestBlob(digest, int64(len(text)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	}))
	return err
}

// listing collects entries until one fails. It lives for one call of Past.
type listing struct {
	p     *Provider
	ctx   context.Context //nolint:containedctx // of the one call it is part of
	lines bytes.Buffer
	err   error
}

func (l *listing) add(path string, info fsys.Info, content bool) {
	e, err := l.p.entry(path, info, content)
	if err == nil {
		err = json.NewEncoder(&l.lines).Encode(e)
	}
	if err != nil && !isMissing(err) {
		l.err = fmt.Errorf("cannot list what goes: %w", err)
	}
}

func (l *listing) one(path string, content bool) (info fsys.Info) {
	if l.err != nil {
		return info
	}
	info, err := l.p.fs.Lstat(path)
	if err == nil {
		l.add(path, info, content)
	} else if !isMissing(err) {
		l.err = err
	}
	return info
}

func (l *listing) all(dir string) {
	if l.err != nil {
		return
	}
	err := l.p.fs.Walk(l.ctx, dir, func(at string, info fsys.Info) error {
		l.add(at, info, true)
		return l.err
	})
	if l.err == nil && !isMissing(err) {
		l.err = err
	}
}
