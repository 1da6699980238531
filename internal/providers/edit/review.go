package edit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
)

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskCheck {
		return r
	}
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return r // the change itself will say so
	}
	if c.Empty() {
		return resource.Review{Owner: p.owner(&w)}
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing && !w.Create.Value {
		return r // the change itself will say so
	}
	if o.Ask == resource.AskCheck {
		if err := p.check(ctx, c); err != nil {
			return resource.Review{Blocked: err}
		}
		return resource.Review{Blocked: candidates{p}.forecastSet(ctx, c, &w, src, o).Blocked}
	}
	if note := where(&w, src); note != "" {
		r.Notes = append(r.Notes, note)
	}
	if n, ok := p.Access.(Noter); ok {
		r.Notes = append(r.Notes, n.Notes(ctx, &w, src.path, src.bytes)...)
	}
	if info, err := p.FS.Look(src.path); err == nil && info.Mount {
		r.Notes = append(r.Notes, "its file is a mount point: written in place, which is not atomic")
	}
	if o.Pending == resource.NothingPending {
		r.Blocked = p.blocked(ctx, c, src)
	}
	if r.Blocked == nil {
		v := candidates{p}.forecastSet(ctx, c, &w, src, o)
		r.Blocked, r.Notes = v.Blocked, append(r.Notes, v.Notes...)
	}
	return r
}

// where returns the line at which a part is. Several new parts may all come after the
// same line, so that a new one is given the line before it.
func where(w *part, src *source) string {
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	state, err := src.memo.Look(wanted)
	switch {
	case err != nil:
		return ""
	case src.missing:
		return "in the new file " + src.path
	case state.Line == 0, !state.Present && w.Was != nil: // it is put back where it was
		return ""
	}
	switch {
	case state.Present:
		return fmt.Sprintf("at %s:%d", src.path, state.Line)
	case state.Line == 1:
		return "new, at the beginning of " + src.path
	}
	return fmt.Sprintf("new, after %s:%d", src.path, state.Line-1)
}

// owner explains why a part is left as it is although it differs.
func (p *Provider) owner(w *part) string {
	if w.OnEdit.Value != "keep" || w.IsAbsent() {
		return ""
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || src.missing {
		return ""
	}
	wanted, err := wish(w)
	if err != nil {
		return ""
	}
	if state, err := src.memo.Look(wanted); err != nil || state.Right {
		return ""
	}
	return "left as it is: edited by hand"
}

// blocked explains what keeps a change from being made for sure.
func (p *Provider) blocked(ctx context.Context, c resource.Change, src *source) error {
	if err := (founder{p}).checkFolder(ctx, c, src); err != nil {
		return err
	}
	if readOnly, err := p.FS.ReadOnly(src.path); err == nil && readOnly {
		return fmt.Errorf("cannot edit %q: its file system is mounted read-only", src.path)
	}
	if info, err := p.FS.Look(src.path); err == nil && info.Immutable {
		return fmt.Errorf("cannot edit %q: it is immutable or append-only (see chattr)", src.path)
	}
	if p.Checks.Inside() { // a tree has no /proc in which the candidate could be found
		return nil
	}
	err := p.check(ctx, c)
	if errors.Is(err, verify.ErrRefused) || errors.Is(err, resource.ErrMissing) {
		return err
	}
	return nil
}

func (p *Provider) isDirectory(dir string) bool {
	_, info, err := p.held.Resolve(dir)
	return err == nil && info.Type == fsys.Directory
}

// check builds the candidate of a file with the parts that the plan changes in it,
// and runs the check of one of them on it.
func (p *Provider) check(ctx context.Context, c resource.Change) error {
	w, err := p.decode(ctx, c.Want)
	if err != nil || !verify.NamesPath(w.Verify.Value) {
		return err
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil {
		return err
	}
	cs := []resource.Change{c}
	p.mu.Lock()
	for _, o := range p.planned[src.path] {
		if o.Addr != c.Addr {
			cs = append(cs, o)
		}
	}
	p.mu.Unlock()
	sets, bad := p.sets(ctx, cs)
	if len(sets) != 1 || len(bad) > 0 {
		return nil
	}
	if failed := sets[0].build(p.where); failed[0] != nil {
		return failed[0]
	}
	return p.checkAlone(ctx, sets[0])
}

// checkAlone checks a candidate that is not staged.
func (p *Provider) checkAlone(ctx context.Context, s *set) error {
	if p.Checks.Inside() {
		txn := p.FS.Begin(p.RunID)
		defer txn.Abort()
		return p.stage(ctx, txn, s)
	}
	m, err := fsys.NewInMemory(bytes.NewReader(s.candidate))
	if err != nil {
		return err
	}
	defer m.Close()
	return candidates{p}.checkCandidate(ctx, s, m.Path)
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Reviewer
	resource.Recorder
	resource.Invalidator
} = (*Provider)(nil)
