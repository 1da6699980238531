package files

import (
	"errors"
	"io/fs"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// wasEdited reports whether the live content, known to differ from the wanted
// one, is not what converge last wrote either. What converge never wrote was
// not edited since.
func (p *Provider) wasEdited(want cty.Value, live *resource.Blob) (bool, error) {
	wrote := p.wrote(pathOf(want))
	if wrote == nil {
		return false, nil
	}
	digest, err := live.Digest()
	return err == nil && !wrote(digest), err
}

// edited is the content to report for a file that differs from the wanted
// one: the live one, or the wanted one where the edit is to be kept and ours
// is parked beside it already.
func (p *Provider) edited(want cty.Value, t target, content cty.Value) (cty.Value, error) {
	live := p.liveBlob(t)
	onEdit := resource.StringAttr(want, "on_edit")
	if onEdit == "keep" {
		parked, err := p.isParked(t.path, resource.AsBlob(content))
		if err != nil || parked {
			return content, err
		}
	}
	if onEdit == "stop" {
		edited, err := p.wasEdited(want, live)
		if err != nil {
			return cty.NilVal, err
		}
		if edited {
			return cty.NilVal, editedError(t.path)
		}
	}
	return resource.BlobVal(live), nil
}

// parkedFor is the path of our file beside an edited one that is kept; empty if
// there is none, or if that is not known.
func (p *Provider) parkedFor(want cty.Value) string {
	if resource.StringAttr(want, "on_edit") != "keep" || absent(want) { // most are not
		return ""
	}
	content := resource.AsBlob(resource.GetAttr(want, "content"))
	if content == nil {
		return ""
	}
	t, err := p.look(want, p.held.Lstat)
	if err != nil || t.gone || t.info.Type != fsys.Regular {
		return ""
	}
	if parked, err := p.isParked(t.path, content); err != nil || !parked {
		return ""
	}
	if same, err := p.sameContent(t, content); err != nil || same {
		return ""
	}
	return t.path + resources.ParkedSuffix
}

// isParked reports whether our file is beside the edited one.
func (p *Provider) isParked(path string, want *resource.Blob) (bool, error) {
	t := target{path: path + resources.ParkedSuffix}
	info, err := p.held.Lstat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Type != fsys.Regular:
		return false, nil
	}
	t.info = info
	return p.sameContent(t, want)
}
