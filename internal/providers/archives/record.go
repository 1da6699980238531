package archives

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]: where the tree is kept that a change replaces or
// removes.
func (p *Provider) Record(ctx context.Context, c resource.Change) (full resource.Change, also []resource.Change, err error) {
	t, err := resource.TypeChange[resources.ArchiveWant](c)
	if err != nil || t.Have == nil {
		return c, nil, err
	}
	k, err := recorder{p.base}.findBackup(ctx, t)
	if err != nil {
		return c, nil, err
	}
	if k != nil {
		c.Have = resource.With(c.Have, "kept", cty.StringVal(k.String()))
	}
	return c, nil, nil
}

type recorder struct{ *base }

// findBackup returns what will be kept; nil: nothing.
func (r recorder) findBackup(ctx context.Context, c resource.TypedChange[resources.ArchiveWant]) (*backup, error) {
	w := c.Want
	if w.IsAbsent() {
		at := r.physical(w.Path.Bytes())
		top, there, err := r.lookAt(at)
		if err != nil || !there {
			return nil, err
		}
		k := backupOf(at, top)
		k.Removed = true
		return k, nil
	}
	back, err := restoreOf(w)
	if err != nil {
		return nil, err
	}
	at := r.placeOf(w)
	switch {
	case back != nil:
		at = resource.DecodeBytes(back.At)
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
