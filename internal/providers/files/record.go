package files

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// recorder saves what undoing a change needs.
type recorder struct{ *base }

// Record implements [resource.Recorder]. On the way a change makes folders above a
// directory, a backup beside a file, and a parked file.
func (p *Provider) Record(ctx context.Context, c resource.Change) (full resource.Change, also []resource.Change, err error) {
	r := recorder{p.base}
	decoded, err := p.decodeChange(c)
	if err != nil {
		return c, nil, err
	}
	c.Want = decoded.Want
	if c.Have, err = r.recordPrior(ctx, &decoded); err != nil {
		return c, nil, err
	}
	also, err = r.recordAlso(ctx, &decoded)
	return c, also, err
}

// recordPrior returns the state before a change: type, permissions and owner in plain words, the target of a link, the
// digest of a removed file, and "below", a listing of everything that is removed with a directory or gets new
// permissions. A line of it is a [resources.Listed].
func (r recorder) recordPrior(ctx context.Context, c *change) (cty.Value, error) {
	if c.Have.IsNull() {
		return c.Have, nil
	}
	at, err := locateAny(r.held, &c.request)
	if err != nil {
		return c.Have, err
	}
	if at.gone { // since it was observed: an action before the change may have removed it
		return resource.Absent, nil
	}
	e, err := lister(r).recordEntry(at)
	if err != nil {
		return cty.NilVal, err
	}
	isReplaced := c.Action == resource.Delete || e.Type != c.request.Type
	if isReplaced || c.Differs("content") {
		list, err := r.held.Xattrs(at.path)
		if err != nil {
			return cty.NilVal, err
		}
		e.Xattrs = formatXattrs(list)
	}
	prior := c.seen
	e.CopyTo(&prior)
	prior.Path = c.request.Path
	if prior.Content == nil && isReplaced && at.info.Type == fsys.Regular {
		prior.Content = r.contents.readBlob(at)
	}
	if at.info.Type == fsys.Directory && (c.request.Purge.Value || c.request.Recurse.Value) {
		if prior.Below, err = r.keepListing(ctx, c); err != nil {
			return cty.NilVal, err
		}
	}
	return resource.Encode(prior), nil
}

// keepListing lists the entries below a directory that the change concerns; nil:
// none.
func (r recorder) keepListing(ctx context.Context, c *change) (*resource.Blob, error) {
	text, err := lister(r).listBelow(ctx, c)
	switch {
	case err != nil || len(text) == 0:
		return nil, err
	case r.keep.keeper == nil:
		return resource.BytesBlob(text), nil
	}
	digest, err := r.keep.keeper.KeepBytes(ctx, text)
	return resource.DigestBlob(digest, int64(len(text)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	}), err
}

// recordAlso returns what a change makes in addition.
func (r recorder) recordAlso(ctx context.Context, c *change) ([]resource.Change, error) {
	if c.Action == resource.Create && c.request.Parents.Value {
		if c.request.isFile() { // its own folder is removed with it, see tidyFolders
			return r.recordParents(parentOf(c.request.path))
		}
		return r.recordParents(c.request.path)
	}
	at, content, err := r.edits.findSideFile(c)
	if err != nil || at == "" {
		return nil, err
	}
	return r.recordSideFile(ctx, at, content)
}

// recordParents returns the missing directories above path as changes, the
// outermost first.
func (r recorder) recordParents(path string) ([]resource.Change, error) {
	missing, err := listMissingParents(r.held, path)
	if err != nil {
		return nil, err
	}
	var out []resource.Change
	for _, dir := range slices.Backward(missing) {
		out = append(out, undeclaredChange(resources.TypeDirectory, dir, resource.Absent, nil))
	}
	return out, nil
}

// RecordBeside returns the change of the file at path that gets a content beside the file that another provider
// changes. It keeps the replaced content.
func (p *Provider) RecordBeside(ctx context.Context, path string, content *resource.Blob) ([]resource.Change, error) {
	return recorder{p.base}.recordSideFile(ctx, path, content)
}

// recordSideFile returns the change of a file that is written beside another. The
// content that it replaces is kept.
func (r recorder) recordSideFile(ctx context.Context, path string, content *resource.Blob) ([]resource.Change, error) {
	info, err := r.held.Lstat(path)
	switch {
	case isMissing(err):
		return []resource.Change{undeclaredChange(resources.TypeFile, path, resource.Absent, content)}, nil
	case err != nil || info.Type != fsys.Regular:
		return nil, err // the change fails on it
	}
	at := location{path: path, info: info}
	old := r.contents.readBlob(at)
	if _, err := old.Digest(); err != nil {
		return nil, fmt.Errorf("cannot keep %q: %w", path, err)
	}
	if b, ok := old.Bytes(); ok && r.keep.keeper != nil {
		if _, err := r.keep.keeper.KeepBytes(ctx, b); err != nil {
			return nil, err
		}
	}
	have := resources.Entry{Place: resources.Place{Path: encodePath(path)}, FileOptions: withContent(old)}
	e := lister(r).recordAccess(path, info)
	e.CopyTo(&have)
	return []resource.Change{undeclaredChange(resources.TypeFile, path, resource.Encode(have), content)}, nil
}

// undeclaredChange is a change of a thing that no resource declares.
func undeclaredChange(typ, path string, have cty.Value, content *resource.Blob) resource.Change {
	want := resources.Entry{
		Place: resources.Place{Type: typ, Path: encodePath(path)}, FileOptions: withContent(content),
	}
	c := resource.Change{
		Addr: resource.Addr{Kind: typ, Name: string(want.Path)}, Key: "path:" + string(want.Path), Undeclared: true,
		Action: resource.Update, Have: have, Want: resource.Encode(want),
	}
	if have.IsNull() {
		c.Action = resource.Create
	}
	return c
}

func withContent(content *resource.Blob) resources.FileOptions {
	return resources.FileOptions{Contents: resources.Contents{Content: content}}
}
