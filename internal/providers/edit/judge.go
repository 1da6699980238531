package edit

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
)

// check builds the candidate of a file with all parts that the plan changes in it, and runs all their checks on it:
// only once for each file, whichever part the question is about.
func (p *Provider) check(ctx context.Context, c resource.Change, ask resource.Question) (warnings []string, err error) {
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return nil, err
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil || !slices.ContainsFunc(candidates{p}.checksOf(ctx, c, src), verify.Check.NamesPath) {
		return nil, err
	}
	j := candidates{p}.judgementOf(c, src, ask)
	j.once.Do(func() { candidates{p}.judge(ctx, j) })
	return j.warnings, j.of(c.Addr)
}

// judgementOf returns the judgement on the candidate of a change of the plan. Any other change has one of its own.
func (p candidates) judgementOf(c resource.Change, src *source, ask resource.Question) *judgement {
	p.mu.Lock()
	defer p.mu.Unlock()
	planned := p.planned[src.path]
	isPlanned := slices.ContainsFunc(planned, func(o resource.Change) bool { return o.Addr == c.Addr && o.Want.RawEquals(c.Want) })
	if !isPlanned {
		others := slices.DeleteFunc(slices.Clone(planned), func(o resource.Change) bool { return o.Addr == c.Addr })
		return &judgement{changes: append([]resource.Change{c}, others...)}
	}
	j := p.judged[src.path]
	if j == nil || j.src != src || j.ask != ask {
		j = &judgement{src: src, ask: ask, changes: planned}
		p.judged[src.path] = j
	}
	return j
}

// judgement is the result of the checks of a candidate.
type judgement struct {
	src     *source
	ask     resource.Question
	changes []resource.Change // that the candidate has

	once   sync.Once
	failed map[resource.Addr]error // parts that cannot be made
	err    error

	warnings []string // of checks that accept it
}

func (j *judgement) of(a resource.Addr) error {
	if err := j.failed[a]; err != nil {
		return err
	}
	return j.err
}

// judge makes a judgement.
func (p candidates) judge(ctx context.Context, j *judgement) {
	j.failed = map[resource.Addr]error{}
	sets, bad := p.sets(ctx, j.changes)
	if len(sets) != 1 || len(bad) > 0 {
		return
	}
	for i, err := range sets[0].build(p.where) {
		j.failed[sets[0].members[i].addr] = err
	}
	if len(j.failed) < len(j.changes) {
		j.warnings, j.err = p.checkAlone(ctx, sets[0])
	}
}

// checkAlone checks a candidate that is not staged.
func (p candidates) checkAlone(ctx context.Context, s *set) (warnings []string, err error) {
	if p.Checks.Inside() {
		return p.checkBeside(ctx, s)
	}
	m, err := fsys.NewInMemory(bytes.NewReader(s.candidate))
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return p.checkCandidate(ctx, s, m.Path)
}

// checkBeside checks a candidate in a tree without /proc, through which it could be found: in a file beside its own,
// which is discarded. If its folder is still to be made, it is checked when it is made.
func (p candidates) checkBeside(ctx context.Context, s *set) (warnings []string, err error) {
	if s.isGone() || !(founder{p.Provider}).isDirectory(filepath.Dir(s.src.path)) {
		return nil, nil
	}
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	live, err := p.look(txn, s)
	if err != nil {
		return nil, err
	}
	perm := fsys.Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}
	if s.src.missing {
		perm.Mode = s.newMode()
	}
	step := txn.File(s.src.path, live, fsys.File{Perm: perm, Bytes: s.candidate})
	if step.Err() != nil {
		return nil, step.Err()
	}
	return p.checkCandidate(ctx, s, txn.Candidate(step))
}
