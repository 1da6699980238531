package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]. On the way a change makes folders above a
// directory, a backup beside a file, and a parked file.
func (p *Provider) Record(ctx context.Context, untyped resource.Change) (prior cty.Value, also []resource.Change, err error) {
	typed, err := resource.TypeChange[resources.Entry](untyped)
	if err != nil {
		return cty.NilVal, nil, err
	}
	c := &typed
	if prior = c.Change.Have; c.Have != nil {
		if prior, err = p.past(ctx, c); err != nil {
			return cty.NilVal, nil, err
		}
	}
	if c.Action == resource.Create && c.Want.Parents.Value {
		also, err = p.parentsAlong(c.Want.Path.Bytes())
		return prior, also, err
	}
	at, content, err := p.beside(c)
	if err == nil && at != "" {
		also, err = p.besideAlong(ctx, at, content)
	}
	return prior, also, err
}

// past is what is there before a change: type, permissions and owner in plain
// words, the target of a link, the digest of a removed file, and "below", a
// listing of everything that is removed with a directory or gets new permissions.
// A line of that is a JSON object, see [entry].
func (p *Provider) past(ctx context.Context, c *fileChange) (cty.Value, error) {
	t, err := p.lookAt(&c.Want)
	if err != nil || t.gone {
		return c.Change.Have, err // gone since: the change will see
	}
	prior := *c.Have
	e, err := p.entry(t.path, t.info, false)
	if err != nil {
		return cty.NilVal, err
	}
	if c.Action == resource.Delete || e.Type != c.Want.Type || c.Differs("content") {
		list, err := p.held.Xattrs(t.path)
		if err != nil {
			return cty.NilVal, err
		}
		e.Xattrs = xattrText(list)
	}
	prior.Type, prior.Path, prior.Target = e.Type, c.Want.Path, resource.Text(e.Target)
	prior.Permissions = resources.Permissions{Mode: optText(e.Mode), Owner: optText(e.Owner), Group: optText(e.Group), Xattrs: optText(e.Xattrs)}
	replaced := c.Action == resource.Delete || c.Want.Type != e.Type
	if prior.Content == nil && replaced && t.info.Type == fsys.Regular {
		prior.Content = p.liveBlob(t)
	}
	if t.info.Type == fsys.Directory {
		if prior.Below, err = p.listBelow(ctx, c); err != nil {
			return cty.NilVal, err
		}
	}
	return resource.Encode(prior), nil
}

// optText is a text that is not set if it is empty.
func optText(s string) resource.Opt[string] { return resource.Opt[string]{Value: s, Set: s != ""} }

// lookAt finds what a change is about, as staging it does.
func (p *Provider) lookAt(want *resources.Entry) (target, error) {
	t, err := p.look(want, p.held.Lstat)
	through := want.Type == resources.TypeDirectory && t.info.Type == fsys.Symlink
	if err == nil && !t.gone && through {
		return p.followed(t, p.held.Lstat)
	}
	return t, err
}

// entry is a listing's record of one path.
type entry struct {
	Path   string `json:"path"`
	Type   string `json:"type"`
	Mode   string `json:"mode,omitempty"` // a link has none
	Owner  string `json:"owner"`
	Group  string `json:"group"`
	Target string `json:"target,omitempty"` // of a link
	Digest string `json:"digest,omitempty"` // of a file whose content goes, which is kept
	Xattrs string `json:"xattrs,omitempty"` // extended attributes of what goes
}

func (p *Provider) entry(path string, info fsys.Info, content bool) (entry, error) {
	e := p.permEntry(path, info)
	var err error
	switch {
	case info.Type == fsys.Symlink:
		e.Target, err = p.held.Readlink(path)
		e.Target = resource.EncodeBytes(e.Target)
	case info.Type == fsys.Regular && content:
		e.Digest, err = p.liveBlob(target{path: path, info: info}).Digest()
	}
	return e, err
}

func (p *Provider) permEntry(path string, info fsys.Info) entry {
	e := entry{
		Path: resource.EncodeBytes(path), Type: typeName(info.Type), Mode: resources.FormatMode(info.Mode),
		Owner: p.o.People.UserName(info.UID), Group: p.o.People.GroupName(info.GID),
	}
	if info.Type == fsys.Symlink {
		e.Mode = ""
	}
	return e
}

// goneEntry is a listing's record of an entry that is removed with a directory.
func (p *Provider) goneEntry(e fsys.Entry) (entry, error) {
	out := p.permEntry(e.Path, e.Info)
	list, err := e.Xattrs()
	if err != nil {
		return out, err
	}
	out.Xattrs = xattrText(list)
	switch e.Type {
	case fsys.Symlink:
		text, err := e.Readlink()
		out.Target = resource.EncodeBytes(text)
		return out, err
	case fsys.Regular:
		f, err := e.Open()
		if err != nil {
			return out, err
		}
		defer f.Close()
		out.Digest, err = digestOf(f)
		return out, err
	}
	return out, nil
}

func digestOf(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// listBelow lists what of a directory's contents the change is about; nil if that
// is nothing.
func (p *Provider) listBelow(ctx context.Context, c *fileChange) (*resource.Blob, error) {
	l := listing{p: p, ctx: ctx}
	switch {
	case !c.Want.Purge.Value && !c.Want.Recurse.Value:
		return nil, nil
	case c.Action == resource.Delete:
		l.walk(c.Want.Path.Bytes(), func(string) (bool, bool) { return true, true })
	default:
		listed := map[string]bool{} // path → with its content
		for _, at := range namesOf(c.Have.Differing) {
			listed[at] = false
		}
		for _, at := range namesOf(c.Have.Undeclared) {
			listed[at] = true
		}
		l.walk(c.Want.Path.Bytes(), func(path string) (bool, bool) {
			for at := path; ; at = parent(at) {
				gone, is := listed[at]
				if is && (at == path || gone) || at == "/" {
					return is, gone
				}
			}
		})
	}
	if l.err != nil || l.lines.Len() == 0 {
		return nil, l.err
	}
	text := l.lines.Bytes()
	if p.o.Keep == nil {
		return resource.BytesBlob(text), nil
	}
	digest, err := p.o.Keep.KeepBytes(ctx, text)
	return resource.DigestBlob(digest, int64(len(text)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	}), err
}

// listing collects entries until one fails. It lives for one call of Record.
type listing struct {
	p     *Provider
	ctx   context.Context //nolint:containedctx // of the one call it is part of
	lines bytes.Buffer
	err   error
}

// walk lists the selected entries below dir, through open directories. which
// reports whether a path is selected, and whether all of it is removed.
func (l *listing) walk(dir string, which func(path string) (is, gone bool)) {
	err := l.p.fs.Walk(l.ctx, dir, func(e fsys.Entry) error {
		is, gone := which(e.Path)
		if !is {
			return nil
		}
		line, err := l.p.permEntry(e.Path, e.Info), error(nil)
		if gone {
			line, err = l.p.goneEntry(e)
		}
		if err == nil {
			err = json.NewEncoder(&l.lines).Encode(line)
		}
		if isMissing(err) {
			return nil // gone since it was listed
		}
		return err
	})
	if err != nil && !isMissing(err) {
		l.err = fmt.Errorf("cannot list what goes: %w", err)
	}
}
