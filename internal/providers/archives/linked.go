package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// observeLinked observes versions in folders below the path, and the link to one.
func (o observer) observeLinked(ctx context.Context, w resources.ArchiveWant, have *resources.ArchiveWant) (*resources.ArchiveWant, error) {
	back, err := restoreOf(w)
	if err != nil {
		return nil, err
	}
	text, err := o.readLink(w)
	if err != nil {
		return nil, err
	}
	have.Points = resource.Some(resource.EncodeBytes(text))
	above := o.physical(w.Path.Bytes())
	_, there, err := o.lookAtTree(above)
	if err != nil || !there && text == "" {
		return nil, err
	}
	current, err := o.currentVersion(above, text)
	if err != nil {
		return nil, err
	}
	if have.Version = resource.Some(current); back != nil {
		return o.observeRestored(ctx, w, back, have)
	}
	return o.observeVersion(ctx, w, have, text, current)
}

// observeVersion observes the folder of the wanted version. text is that of the link, and
// current the version that it leads to.
func (o observer) observeVersion(ctx context.Context, w resources.ArchiveWant, have *resources.ArchiveWant, text, current string) (*resources.ArchiveWant, error) {
	at := o.placeOf(w)
	top, there, err := o.lookAtTree(at)
	switch {
	case err != nil:
		return nil, err
	case !there && text == "":
		if lists, err := o.records.readAll(o.key(w)); err != nil || len(lists) == 0 {
			return nil, err // a folder, and nothing that was unpacked into it
		}
		return have, nil
	case !there || w.Points.Set: // only the link matters to a rollback
		return have, nil
	}
	s, err := o.inspect(ctx, w, at, top)
	if err != nil {
		return nil, err
	}
	if err := o.describe(ctx, w, s, have); err != nil {
		return nil, err
	}
	if have.Version.Value != w.Version.Value { // what has its name is not it
		have.Version = resource.Some(unknown)
	} else {
		have.Version = resource.Some(current)
	}
	return have, nil
}

// readLink returns the text of the link to the current version; "" if there is none.
func (o *base) readLink(w resources.ArchiveWant) (string, error) {
	info, there, err := o.lookAt(w.Link.Value.Bytes())
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !there:
		return "", nil
	case err != nil:
		return "", err
	case info.Type != fsys.Symlink:
		return "", fmt.Errorf("cannot make the link %s: it is %s; remove it, or name another link", quote(w.Link.Value.Bytes()), info.Type)
	}
	return o.FS.Readlink(w.Link.Value.Bytes())
}

// currentVersion returns the version that the text of the link leads to; "": to none.
func (o *base) currentVersion(above, text string) (string, error) {
	if text == "" || path.Dir(path.Clean(text)) != above {
		return "", nil
	}
	_, there, err := o.lookAtTree(path.Clean(text))
	if err != nil || !there {
		return "", err
	}
	return path.Base(text), nil
}
