package edit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/verify"
	"converge/resources"
)

// member is one part of a set.
type member struct {
	index  int // of its change
	addr   resource.Addr
	key    string
	want   part
	wish   edit.Part
	secret bool

	past   *resources.PartPast // of a part that is wanted as it was
	back   []edit.Hunk         // to be taken back; none: the part is only made right
	ground *edit.Ground        // the same in the ground
}

// set is all parts of one file that are changed together.
type set struct {
	src       *source
	members   []member
	declared  []declaredPart // all parts of the file that the manifest declares
	settled   []member       // those that are as declared, and have to stay so
	layout    *edit.Layout   // nil: it is not needed
	candidate []byte
	made      madeParts    // with which the candidate is made
	edited    *edit.Edited // the same, made; nil: none can be
	steps     []*fsys.Step // that change it
	folder    string       // that was made for it
	ends      bool         // converge made the file, and removes it with the last of its parts
	isMade    bool         // converge makes or made the file, and the ledger records that
	noted     string       // which one it was before
}

// sets gathers changes by the physical path of their file, in order.
func (p *Provider) sets(ctx context.Context, cs []resource.Change) (out []*set, bad resource.Unsolvable) {
	bad = resource.Unsolvable{}
	byPath := map[string]*set{}
	for i, c := range cs {
		w, err := p.decode(ctx, c.Want)
		var wanted edit.Part
		if err == nil {
			wanted, err = wish(&w)
		}
		var src *source
		if err == nil {
			src, err = p.readPath(w.Path.Bytes())
		}
		if r, ok := p.Access.(Refuser); ok && err == nil {
			err = r.RefusePart(ctx, &w, src.path)
		}
		if err != nil {
			bad[c.Addr] = err
			continue
		}
		s := byPath[src.path]
		if s == nil {
			s = &set{src: src}
			byPath[src.path], out = s, append(out, s)
		}
		m := member{index: i, addr: c.Addr, key: c.Key, want: w, wish: wanted, secret: isSensitive(c.Secret, &w), past: p.pasts.of(&w)}
		m.back, m.ground = recorder{p}.backOf(c.Key, &w, src)
		s.members = append(s.members, m)
		s.ends = s.ends || recorder{p}.isMaker(&w, src)
	}
	candidates{p}.findDeclared(ctx, out)
	for _, s := range out {
		if slices.ContainsFunc(s.members, func(m member) bool { return len(m.back) > 0 }) {
			s.layout = recorder{p}.layoutOf(s.src)
		}
	}
	return out, bad
}

// isGone reports whether the file is removed: nothing remains of it, and converge made it.
func (s *set) isGone() bool { return s.ends && len(bytes.TrimSpace(s.candidate)) == 0 }

// maxTries is how often parts are written to a file that other programs also write.
const maxTries = 3

// ApplyAll implements [resource.Transactor]: one replacement for each file. It keeps what another program writes to a
// file meanwhile: the parts are made anew in the new content.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, planned resource.Forecast) resource.Outcome {
	backups := written{}
	errs := applyOnce(ctx, p, cs, planned, backups)
	for range maxTries - 1 {
		var changed []int
		var again []resource.Change
		for i, err := range errs {
			if errors.Is(err, fsys.ErrChanged) && !errors.Is(err, resource.ErrUntouched) {
				changed, again = append(changed, i), append(again, cs[i])
			}
		}
		if len(again) == 0 {
			break
		}
		for i, err := range applyOnce(ctx, p, again, planned.Select(changed), backups) {
			errs[changed[i]] = err
		}
	}
	return resource.Outcome{Errs: errs}
}

// applyOnce returns the error of each change. backups are those that earlier tries have written; it adds its own.
func applyOnce(ctx context.Context, p *Provider, cs []resource.Change, planned resource.Forecast, backups written) []error {
	p.Invalidate(nil)
	defer p.Invalidate(nil)
	errs := make([]error, len(cs))
	sets, bad := p.sets(ctx, cs)
	for i, c := range cs {
		errs[i] = bad[c.Addr]
	}
	refuseUnrecorded(p, sets, planned, backups, errs)
	settle(sets, cs)
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	var members []verify.Member
	for _, s := range sets {
		failed := s.build(p.where)
		for i, err := range failed {
			errs[s.members[i].index] = err
		}
		if len(failed) == len(s.members) {
			continue
		}
		if err := p.stage(ctx, txn, s); err != nil {
			s.drop(txn, errs, err)
		}
		if err := (recorder{p}).noteWriting(s); err != nil {
			s.drop(txn, errs, err)
		}
		members = append(members, verify.Member{Steps: s.steps, Checks: s.checksOfSet(), Secret: s.whySecret()})
	}
	all := p.Checks.Commit(ctx, txn, members, planned.Later)
	for _, s := range sets {
		for _, step := range s.steps {
			s.fail(errs, cmp.Or(step.Err(), all))
		}
		backups.add(s)
		recorder{p}.noteWritten(s, len(s.steps) > 0 && all == nil && s.steps[len(s.steps)-1].Err() == nil)
		founder{p}.tidyFolder(ctx, s)
	}
	return errs
}

// drop discards the staged files of a set.
func (s *set) drop(txn *fsys.Txn, errs []error, err error) {
	for _, step := range s.steps {
		txn.Drop(step, err)
	}
	s.fail(errs, err)
}

// fail gives an error to all parts of a set that have none of their own.
func (s *set) fail(errs []error, err error) {
	for _, m := range s.members {
		errs[m.index] = cmp.Or(errs[m.index], err)
	}
}

// stage stages the candidate of a file and checks it, if there is anything to do.
func (p *Provider) stage(ctx context.Context, txn *fsys.Txn, s *set) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.src.missing && len(s.candidate) == 0 {
		return nil
	}
	if !s.src.missing && bytes.Equal(s.candidate, s.src.bytes) && !s.isGone() {
		return nil
	}
	live, err := p.look(txn, s)
	if err != nil {
		return err
	}
	backup, err := s.backUp(txn, live)
	if err != nil {
		return err
	}
	if s.isGone() {
		s.steps = append(s.steps, txn.Remove(s.src.path, live))
		return nil
	}
	perm := fsys.Perm{Mode: live.Mode, UID: live.UID, GID: live.GID}
	if s.src.missing {
		if perm, err = (founder{p}).found(ctx, txn, s); err != nil {
			return err
		}
	}
	step := txn.File(s.src.path, live, fsys.File{Perm: perm, Bytes: s.candidate, Needs: backup})
	if s.steps = append(s.steps, step); step.Err() != nil {
		return step.Err()
	}
	_, err = candidates{p}.checkCandidate(ctx, s, txn.Candidate(step))
	return err
}

// look returns the replaced entry; the zero Info if there is none.
func (p *Provider) look(txn *fsys.Txn, s *set) (fsys.Info, error) {
	if s.src.missing {
		return fsys.Info{}, nil
	}
	live, err := txn.Look(s.src.path)
	if err == nil && !live.SameContent(s.src.info) {
		err = fmt.Errorf("cannot edit %q: %w", s.src.path, fsys.ErrChanged)
	}
	return live, err
}
