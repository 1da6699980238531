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

// reviewer answers what the engine asks about changes.
type reviewer struct{ *base }

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskRemoval || c.Empty() {
		return r
	}
	t, err := resource.TypeChange[resources.ArchiveWant](c)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	v := reviewer{p.base}
	if o.Ask == resource.AskForecast && o.Pending == resource.NothingPending {
		r.Blocked = v.findBlock(t.Want)
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

// findBlock returns why a change cannot be made on the machine as it is.
func (v reviewer) findBlock(w resources.ArchiveWant) error {
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

func (v reviewer) reviewChange(ctx context.Context, c resource.TypedChange[resources.ArchiveWant]) (resource.Review, error) {
	w := c.Want
	if w.IsAbsent() {
		return v.reviewRemoval(ctx, w)
	}
	back, err := restoreOf(w)
	switch {
	case err != nil:
		return resource.Review{}, err
	case back != nil || w.Points.Set:
		return resource.Review{}, v.checkRestore(ctx, w, back)
	}
	at := v.placeOf(w)
	if err := v.declared.refuseOwn(at); err != nil {
		return resource.Review{}, err
	}
	r := resource.Review{Notes: v.noteSize(ctx, w, c)}
	if w.Link.Set {
		if err := v.reviewVersions(ctx, w, &r); err != nil {
			return r, err
		}
	}
	top, there, err := v.lookAtTree(at)
	if err != nil || !there {
		return r, err
	}
	return r, v.reviewExchange(ctx, w, at, top, &r)
}

func (v reviewer) checkRestore(ctx context.Context, w resources.ArchiveWant, back *backup) error {
	if back != nil {
		if err := v.checkKept(ctx, w, back); err != nil {
			return err
		}
	}
	return v.checkVersion(w, resource.DecodeBytes(w.Points.Value))
}

// reviewExchange reviews the exchange of a tree.
func (v reviewer) reviewExchange(ctx context.Context, w resources.ArchiveWant, at string, top fsys.Info, r *resource.Review) error {
	s, err := (observer{v.base}).inspect(ctx, w, at, top)
	if err != nil || s.wanted && len(s.differing) == 0 {
		return err
	}
	if err := refuseMounted(s.tree); err != nil {
		return err
	}
	extra, err := v.findExtras(ctx, w, s)
	if err != nil {
		return err
	}
	if s.list == nil && isRemote(w) {
		r.Notes = append(r.Notes, "converge has no list of what is there: it fetches the archive and compares, and replaces the folder only if it differs")
	}
	switch {
	case len(extra) == 0:
	case w.Keeps() == 1:
		for _, rel := range extra {
			r.Removes = append(r.Removes, resource.EncodeBytes(join(at, rel)))
		}
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("%s that converge did not unpack %s with the old tree: %s", count(len(extra), "path"), plural(len(extra), "goes", "go"), nameSome(extra)))
	}
	if w.Keeps() > 1 {
		r.Notes = append(r.Notes, "the old tree is kept beside the new one, as "+quote(path.Join(path.Dir(at), keptPrefix(path.Base(at))+"RUN")))
	}
	return nil
}

// findExtras returns the entries of a tree that converge did not unpack. A folder that is
// unknown as a whole is refused if it holds such things.
func (v reviewer) findExtras(ctx context.Context, w resources.ArchiveWant, s *state) ([]string, error) {
	skip := v.skipIn(s.tree.at)
	if s.list != nil {
		return extras(s.list, s.tree, skip), nil
	}
	if isRemote(w) {
		return nil, nil // known once it is fetched
	}
	l, err := v.listSource(ctx, w)
	if err != nil {
		return nil, err
	}
	extra := extras(l, s.tree, skip)
	if !w.Force.Value {
		return nil, refuseExtras(s.tree, extra)
	}
	return extra, nil
}
