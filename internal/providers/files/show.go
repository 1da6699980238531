package files

import (
	"context"
	"io"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// shower describes the results of changes for the checks of a plan: they see them laid over the disk, which stays
// unchanged.
type shower struct{ *base }

// showAll implements [verify.Shown].
func (s shower) showAll(ctx context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool) {
	whole = true
	for _, c := range cs {
		decoded, err := decodeChange(c)
		if err != nil {
			whole = false
			continue
		}
		more, known := s.show(ctx, &decoded)
		overlay, whole = append(overlay, more...), whole && known
	}
	return overlay, whole
}

// show describes the result of one change.
func (s shower) show(ctx context.Context, c *change) (overlay []process.Overlaid, known bool) {
	r := &c.request
	at, err := locateFile(s.held, r, s.held.Lstat)
	if err != nil {
		return nil, false
	}
	if at.path == r.path {
		at.path = c.realPath()
	}
	e := process.Overlaid{Path: s.checks.HostPath(at.path)}
	switch {
	case s.contents.isVirtual(at.path):
		return nil, true
	case r.IsAbsent() && at.gone:
		return nil, true
	case r.IsAbsent():
		e.Gone = true
		return []process.Overlaid{e}, true
	case r.Type == resources.TypeLink:
		e.Link = r.Target.Bytes()
		return []process.Overlaid{e}, true
	}
	perm, known := s.permissions(ctx, c, at)
	e.Perm, e.Mode, e.UID, e.GID = true, perm.Mode, perm.UID, perm.GID
	if r.isDirectory() {
		e.Dir = true
		overlay = append(overlay, e)
		for _, path := range decodePaths(c.seen.Undeclared) {
			overlay = append(overlay, process.Overlaid{Path: s.checks.HostPath(path), Gone: true})
		}
		return overlay, known
	}
	if at.isRegular() && !c.Differs("content") {
		e.From = e.Path
		return []process.Overlaid{e}, known
	}
	if at.isRegular() && c.WrittenContent(s.edits.lookUpWritten(r.path)) == nil {
		return nil, known // ours will be beside it
	}
	content, ok := readPlanned(r.Content)
	if !ok {
		return nil, false
	}
	e.Content = content
	return []process.Overlaid{e}, known
}

// permissions returns the future mode and owner of an entry. An unknown owner has no number yet.
func (s shower) permissions(ctx context.Context, c *change, at location) (perm fsys.Perm, known bool) {
	dir := c.request.isDirectory()
	perm.Mode = c.defaultMode(dir)
	if !at.gone && (at.isRegular() || dir) {
		perm = at.permissions()
	}
	resolved, err := s.access.resolve(ctx, &c.request.Permissions, perm, dir)
	if err != nil {
		return perm, false
	}
	return resolved, true
}

// readPlanned reads a content, unless it has to be fetched, or is too large for a plan.
func readPlanned(b *resource.Blob) ([]byte, bool) {
	if b == nil {
		return nil, true
	}
	if content, ok := b.Bytes(); ok {
		return content, true
	}
	if b.Size < 0 || b.Size > verify.MaxPlanned {
		return nil, false
	}
	r, err := b.Open()
	if err != nil {
		return nil, false
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, verify.MaxPlanned))
	return content, err == nil
}
