package archives

import (
	"context"
	"path"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]: it adds where a change keeps the tree that it replaces or removes.
func (p *Provider) Record(ctx context.Context, c resource.Change) (full resource.Change, also []resource.Change, err error) {
	t, err := resource.TypeChange[resources.ArchiveWant](c)
	if err != nil || t.Have == nil {
		return c, nil, err
	}
	r := recorder{p.base}
	k, err := r.findBackup(ctx, t)
	if err != nil {
		return c, nil, err
	}
	if k != nil {
		c.Have = resource.With(c.Have, "kept", cty.StringVal(k.String()))
	}
	trimmed, err := r.nameTrimmed(ctx, t.Want)
	if err != nil {
		return c, nil, err
	}
	if len(trimmed) > 0 {
		c.Have = resource.With(c.Have, "trimmed", cty.ListVal(trimmed))
	}
	made, err := r.findMade(t.Want)
	if err == nil && made != "" {
		c.Have = resource.With(c.Have, "unpacked", cty.StringVal(made))
	}
	return c, nil, err
}

type recorder struct{ *base }

// findBackup returns what will be kept; nil: nothing.
func (r recorder) findBackup(ctx context.Context, c resource.TypedChange[resources.ArchiveWant]) (*backup, error) {
	w := c.Want
	if w.IsAbsent() {
		at := r.physical(w.Path.Bytes())
		f, err := (remover{r.base}).find(ctx, w, at)
		if err != nil || f.isGone() {
			return nil, err
		}
		k := backupOf(at, f.top)
		if k.removed, k.part = true, len(f.stays) > 0; k.part {
			k.run = runName(r.RunID)
		}
		return k, nil
	}
	back, err := restoreOf(w)
	if err != nil {
		return nil, err
	}
	k, err := r.findReplaced(ctx, w, back)
	if k == nil && err == nil {
		k, err = r.backupOfPlain(ctx, w)
	}
	return k, err
}

// nameTrimmed names what a change removes because of keep. A rollback removes nothing for that reason.
func (r recorder) nameTrimmed(ctx context.Context, w resources.ArchiveWant) (names []cty.Value, err error) {
	if w.IsAbsent() || w.Restore.Set || w.Points.Set {
		return nil, nil
	}
	paths, err := r.findTrimmed(ctx, w)
	for _, p := range paths {
		names = append(names, cty.StringVal(resource.EncodeBytes(p)))
	}
	return names, err
}

// findReplaced returns the tree that is kept because another one takes its place, or because a rollback
// drops its version; nil: none.
func (r recorder) findReplaced(ctx context.Context, w resources.ArchiveWant, back *backup) (*backup, error) {
	at := r.placeOf(w)
	switch {
	case back != nil:
		at = back.at
	case w.Dropped.Set:
		w.Version = w.Dropped
		top, there, err := r.lookAtTree(r.placeOf(w))
		if err != nil || !there {
			return nil, err
		}
		k := backupOf(r.placeOf(w), top)
		k.removed = true
		return k, nil
	case w.Points.Set || w.Keeps() == 1:
		return nil, nil
	}
	top, there, err := r.lookAtTree(at)
	if err != nil || !there {
		return nil, err
	}
	if back != nil { // the two are exchanged
		return backupOf(at, top), nil
	}
	s, err := (observer{r.base}).inspect(ctx, w, at, top)
	if err != nil || s.wanted && len(s.differing) == 0 {
		return nil, err
	}
	return backupOf(at, top), nil
}

// findMade returns the version whose folder a change will make; "": none.
func (r recorder) findMade(w resources.ArchiveWant) (string, error) {
	back, err := restoreOf(w)
	if err != nil || w.IsAbsent() || !w.Link.Set {
		return "", err
	}
	at := r.placeOf(w)
	switch {
	case back != nil:
		at = back.at
	case w.Points.Set:
		return "", nil
	}
	_, there, err := r.lookAt(at)
	if err != nil || there || path.Dir(at) != r.physical(w.Path.Bytes()) {
		return "", err
	}
	return path.Base(at), nil
}
