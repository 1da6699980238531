package archives

import (
	"context"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// observeDropped observes whether the folder of a version that a rollback drops still exists.
func (o observer) observeDropped(w resources.ArchiveWant, have *resources.ArchiveWant) error {
	if !w.Dropped.Set {
		return nil
	}
	w.Version = w.Dropped
	_, there, err := o.lookAt(o.placeOf(w))
	if err == nil && !there {
		have.Dropped = w.Dropped
	}
	return err
}

// dropVersion sets the folder of a version aside that the run had made.
func (r restorer) dropVersion(ctx context.Context, w resources.ArchiveWant) error {
	t, err := r.readDropped(ctx, w)
	if t == nil || err != nil {
		return err
	}
	if err := refuseMounted(t); err != nil {
		return err
	}
	return remover{r.base}.setAside(&found{at: t.at, top: t.top})
}

// readDropped reads the folder of a version that a rollback drops; nil: it no longer exists, or there is none.
func (b *base) readDropped(ctx context.Context, w resources.ArchiveWant) (*tree, error) {
	if !w.Dropped.Set {
		return nil, nil
	}
	w.Version = w.Dropped
	at := b.placeOf(w)
	top, there, err := b.lookAtTree(at)
	if err != nil || !there {
		return nil, err
	}
	return b.readTree(ctx, at, top, nil)
}

// reviewDropped reviews the removal of a version that the run had made, with entries of others in it.
func (v reviewer) reviewDropped(ctx context.Context, w resources.ArchiveWant, r *resource.Review) error {
	t, err := v.readDropped(ctx, w)
	if t == nil || err != nil {
		return err
	}
	if err := refuseMounted(t); err != nil {
		return err
	}
	r.Notes = append(r.Notes, "removes "+quote(t.at)+", which that run had made; it is kept for a rollback until the history forgets this run")
	l, err := v.records.read(v.key(w), w.Dropped.Value, true)
	if err != nil {
		return err
	}
	if l == nil {
		l = &list{} // the list is lost: any entry may belong to somebody else
	}
	for _, rel := range extras(l, t, noClaims) {
		r.Removes = append(r.Removes, resource.EncodeBytes(path.Join(t.at, rel)))
	}
	return nil
}
