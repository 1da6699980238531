package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// beside is where a change writes a file beside the one that it is about, and
// what that will hold; "": nowhere.
func (p *Provider) beside(c *fileChange) (at string, content *resource.Blob, err error) {
	path := c.Want.Path.Bytes()
	if c.Want.Type != resources.TypeFile || c.Have == nil {
		return "", nil, nil
	}
	if c.Differs("content") && c.WrittenContent(p.wrote(path)) == nil {
		return path + resources.ParkedSuffix, c.Want.Content, nil
	}
	suffix := resource.DecodeBytes(c.Want.Backup.Value)
	if suffix == "" || !c.Differs("content") && c.Action != resource.Delete {
		return "", nil, nil
	}
	t, err := p.lookAt(&c.Want)
	if err != nil || t.gone || t.info.Type != fsys.Regular {
		return "", nil, err
	}
	return t.path + suffix, p.liveBlob(t), nil
}

// wrote tells of a digest whether converge wrote it last at the path; nil if it
// never wrote there.
func (p *Provider) wrote(path string) func(digest string) bool {
	if p.o.Ledger == nil {
		return nil
	}
	key := "path:" + resource.EncodeBytes(path)
	if _, known := p.o.Ledger.Wrote(key, ""); !known {
		return nil
	}
	return func(digest string) bool {
		same, _ := p.o.Ledger.Wrote(key, digest)
		return same
	}
}

func (p *Provider) parentsAlong(path string) ([]resource.Change, error) {
	var out []resource.Change
	for dir := parent(path); dir != "/"; dir = parent(dir) {
		_, err := p.held.Stat(dir)
		switch {
		case err == nil:
			slices.Reverse(out)
			return out, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		out = append(out, alongside(resources.TypeDirectory, dir, resource.Absent, nil))
	}
	slices.Reverse(out)
	return out, nil
}

// besideAlong is a file that is written beside the one that is meant. What it
// replaces is kept.
func (p *Provider) besideAlong(ctx context.Context, path string, content *resource.Blob) ([]resource.Change, error) {
	info, err := p.held.Lstat(path)
	more := map[string]cty.Value{"content": resource.BlobVal(content)}
	switch {
	case isMissing(err):
		return []resource.Change{alongside(resources.TypeFile, path, resource.Absent, more)}, nil
	case err != nil || info.Type != fsys.Regular:
		return nil, err // the change will see
	}
	e, err := p.entry(path, info, true)
	if err != nil {
		return nil, fmt.Errorf("cannot keep %q: %w", path, err)
	}
	old := p.liveBlob(target{path: path, info: info})
	if b, ok := old.Bytes(); ok && p.o.Keep != nil {
		if _, err := p.o.Keep.KeepBytes(ctx, b); err != nil {
			return nil, err
		}
	}
	have := cty.ObjectVal(map[string]cty.Value{
		"type": cty.StringVal(e.Type), "path": cty.StringVal(e.Path), "content": resource.BlobVal(old),
		"mode": cty.StringVal(e.Mode), "owner": cty.StringVal(e.Owner), "group": cty.StringVal(e.Group),
	})
	return []resource.Change{alongside(resources.TypeFile, path, have, more)}, nil
}

func alongside(typ, path string, have cty.Value, more map[string]cty.Value) resource.Change {
	path = resource.EncodeBytes(path)
	want := map[string]cty.Value{"type": cty.StringVal(typ), "path": cty.StringVal(path)}
	for name, v := range more {
		want[name] = v
	}
	c := resource.Change{
		Addr: resource.Addr{Kind: typ, Name: path}, Key: "path:" + path, Undeclared: true,
		Action: resource.Update, Have: have, Want: cty.ObjectVal(want),
	}
	if have.IsNull() {
		c.Action = resource.Create
	}
	return c
}
