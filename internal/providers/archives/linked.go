package archives

import (
	"context"

	"converge/internal/resource"
	"converge/resources"
)

// observeLinked observes versions in folders below the path, and the link to one.
func (o observer) observeLinked(ctx context.Context, w resources.ArchiveWant, have *resources.ArchiveWant) (*resources.ArchiveWant, error) {
	back, err := restoreOf(w)
	if err != nil {
		return nil, err
	}
	text, err := o.observeLink(w, have)
	if err != nil {
		return nil, err
	}
	above := o.physical(w.Path.Bytes())
	_, there, err := o.lookAtTree(above)
	if err != nil || !there && text == "" {
		return nil, err
	}
	if err := o.observeDropped(w, have); err != nil {
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

// observeLink observes the place of the link, and returns its text. While a link is at an earlier path, that one
// counts.
func (o observer) observeLink(w resources.ArchiveWant, have *resources.ArchiveWant) (string, error) {
	text, err := o.readLink(w)
	if err != nil {
		return "", err
	}
	old, err := o.findOldLinks(w)
	if err != nil {
		return "", err
	}
	if len(old) > 0 {
		text, have.Link = old[0].text, resource.Some(resource.Text(resource.EncodeBytes(old[0].path)))
	}
	if have.Link.Set {
		have.Points = resource.Some(resource.EncodeBytes(text))
	}
	return text, nil
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
		if lists, err := o.records.readHeaders(o.key(w)); err != nil || len(lists) == 0 {
			return nil, err // a folder, and nothing that was unpacked into it
		}
		return have, nil
	case w.Points.Set: // only the link matters to a rollback
		return have, nil
	case !there:
		return have, o.describeCurrent(ctx, w, current, have)
	}
	s, err := o.inspect(ctx, w, at, top)
	if err != nil {
		return nil, err
	}
	if err := o.describe(ctx, w, s, have); err != nil {
		return nil, err
	}
	if have.Version.Value != w.Version.Value { // the folder with its name is not that version
		have.Version = resource.Some(unknown)
	} else {
		have.Version = resource.Some(current)
	}
	return have, o.observePlain(ctx, w, have)
}

// describeCurrent adds to have the state of the tree that another version replaces.
func (o observer) describeCurrent(ctx context.Context, w resources.ArchiveWant, current string, have *resources.ArchiveWant) error {
	if current == "" {
		return nil
	}
	w.Version = resource.Some(current)
	at := o.placeOf(w)
	top, there, err := o.lookAtTree(at)
	if err != nil || !there {
		return err
	}
	w.Archive = nil // it belongs to another version
	s, err := o.inspect(ctx, w, at, top)
	if err != nil {
		return err
	}
	if err := o.describe(ctx, w, s, have); err != nil {
		return err
	}
	have.Version = resource.Some(current)
	return nil
}
