package files

import (
	"errors"
	"io/fs"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// wasEdited reports whether the live content, known to differ from the wanted
// one, is not what converge last wrote either. What converge never wrote was
// not edited since.
func (p *Provider) wasEdited(want *resources.Entry, live *resource.Blob) (bool, error) {
	wrote := p.wrote(want.Path.Bytes())
	if wrote == nil {
		return false, nil
	}
	digest, err := live.Digest()
	return err == nil && !wrote(digest), err
}

// edited is the content to report for a file that differs from the wanted
// one: the live one, or the wanted one where the edit is to be kept and ours
// is parked beside it already.
func (p *Provider) edited(want *resources.Entry, t target) (*resource.Blob, error) {
	live := p.liveBlob(t)
	onEdit := want.OnEdit.Value
	if onEdit == "keep" {
		parked, err := p.isParked(t.path, want.Content)
		if err != nil || parked {
			return want.Content, err
		}
	}
	if onEdit == "stop" {
		edited, err := p.wasEdited(want, live)
		if err != nil {
			return nil, err
		}
		if edited {
			return nil, editedError(t.path)
		}
	}
	return live, nil
}

// parkedFor is the path of our file beside an edited one that is kept; empty if
// there is none, or if that is not known.
func (p *Provider) parkedFor(want *resources.Entry) string {
	if want.OnEdit.Value != "keep" || want.IsAbsent() { // most are not
		return ""
	}
	content := want.Content
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
