package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// reviewer answers what the engine asks about changes.
type reviewer struct{ *base }

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask == resource.AskRemains {
		return reviewer{p.base}.reviewRemains(ctx, c)
	}
	if o.Ask != resource.AskForecast && o.Ask != resource.AskRemoval && o.Ask != resource.AskContent || c.Empty() {
		return r
	}
	t, err := resource.TypeChange[resources.ArchiveWant](c)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	v := reviewer{p.base}
	if o.Ask == resource.AskContent {
		return v.reviewContent(ctx, t.Want)
	}
	if o.Ask == resource.AskForecast && o.Pending == resource.NothingPending {
		r.Blocked = v.findBlock(ctx, t.Want)
	}
	if r.Blocked == nil {
		var more resource.Review
		if more, err = v.reviewChange(ctx, t); err != nil {
			more = resource.Review{Blocked: err}
		}
		r = more
	}
	if o.Ask == resource.AskRemoval {
		r.Notes = nil
	}
	return r
}

// findBlock returns why a change cannot be made on the present machine.
func (v reviewer) findBlock(ctx context.Context, w resources.ArchiveWant) error {
	if _, _, err := v.ownerOf(ctx, w); err != nil {
		return resource.Missing(err)
	}
	places := []string{w.Path.Bytes()}
	if w.Link.Set {
		places = append(places, w.Link.Value.Bytes())
	}
	for _, p := range places {
		dir := path.Dir(p)
		if w.IsAbsent() || w.Link.Set && isInside(dir, w.Path.Bytes()) {
			continue
		}
		info, err := v.FS.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return resource.Missing(fmt.Errorf("cannot unpack to %s: the folder %s does not exist; declare it as a directory", quote(p), quote(dir)))
		case err != nil:
			return err
		case info.Type != fsys.Directory:
			return fmt.Errorf("cannot unpack to %s: %s is %s", quote(p), quote(dir), info.Type)
		}
	}
	return nil
}

// reviewContent lists what a removal removes, so that the folder around it counts as empty.
func (v reviewer) reviewContent(ctx context.Context, w resources.ArchiveWant) (r resource.Review) {
	if !w.IsAbsent() {
		return r
	}
	at := v.physical(w.Path.Bytes())
	f, err := (remover{v.base}).find(ctx, w, at)
	if err != nil {
		return r // the forecast reports that
	}
	kept, err := v.listKept(at)
	if err != nil || f.isGone() {
		return r
	}
	for _, p := range slices.Concat(f.removed(), kept) {
		r.Removes = append(r.Removes, resource.EncodeBytes(p))
	}
	return r
}

// reviewRemains names unpacked entries that were changed since, and stay only because of that.
func (v reviewer) reviewRemains(ctx context.Context, c resource.Change) (r resource.Review) {
	t, err := resource.TypeChange[resources.ArchiveWant](c)
	if err != nil || !t.Want.IsAbsent() {
		return r
	}
	f, err := (remover{v.base}).find(ctx, t.Want, v.physical(t.Want.Path.Bytes()))
	if err != nil || len(f.edited) == 0 {
		return r
	}
	n := len(f.edited)
	r.Notes = []string{fmt.Sprintf("%s that converge unpacked %s changed since, and %s: %s", count(n, "path"), plural(n, "was", "were"), plural(n, "stays", "stay"), nameSome(f.edited))}
	return r
}

func (v reviewer) reviewChange(ctx context.Context, c resource.TypedChange[resources.ArchiveWant]) (r resource.Review, err error) {
	w := c.Want
	if w.IsAbsent() {
		return v.reviewRemoval(ctx, w)
	}
	back, err := restoreOf(w)
	switch {
	case err != nil:
		return r, err
	case back != nil || w.Points.Set:
		return v.reviewRestore(ctx, w, back)
	}
	if err := v.refuseOtherLink(w); err != nil {
		return r, err
	}
	if err := v.reviewTree(ctx, c, &r); err != nil {
		return r, err
	}
	if !w.Link.Set {
		return r, nil
	}
	text, err := v.readOtherLink(w)
	if err != nil {
		return r, err
	}
	if text != "" {
		r.Notes = append(r.Notes, fmt.Sprintf("replaces the link %s, which leads to %s", quote(w.Link.Value.Bytes()), quote(text)))
	}
	if err := v.reviewPlain(ctx, w, &r); err != nil {
		return r, err
	}
	return r, v.reviewVersions(ctx, w, &r)
}

// reviewTree reviews the unpacking of the wanted version, unless it exists. It reads a local archive to its end, by
// the rules of unpacking, so that the plan refuses what the change would.
func (v reviewer) reviewTree(ctx context.Context, c resource.TypedChange[resources.ArchiveWant], r *resource.Review) error {
	w, at := c.Want, v.placeOf(c.Want)
	if err := v.declared.refuseOwn(at); err != nil {
		return err
	}
	top, there, err := v.lookAtTree(at)
	if err != nil {
		return err
	}
	var s *state
	if there {
		if s, err = (observer{v.base}).inspect(ctx, w, at, top); err != nil || s.wanted && len(s.differing) == 0 {
			return err
		}
	}
	var source *list // nil: it has to be fetched
	if !isRemote(w) {
		if source, err = v.listSource(ctx, w); err != nil {
			return err
		}
	}
	r.Notes = append(r.Notes, v.noteSize(w, c, source)...)
	if !there {
		return nil
	}
	return v.reviewExchange(ctx, w, s, source, r)
}

// reviewRestore reviews a rollback to a kept tree, or of the link.
func (v reviewer) reviewRestore(ctx context.Context, w resources.ArchiveWant, k *backup) (r resource.Review, err error) {
	if err := v.checkLinked(w, k); err != nil {
		return r, err
	}
	if err := v.reviewDropped(ctx, w, &r); k == nil || err != nil {
		return r, err
	}
	if err := v.checkKept(ctx, w, k); err != nil {
		return r, err
	}
	notes, err := v.noteRestore(w, k)
	r.Notes = append(r.Notes, notes...)
	return r, err
}
