package verify

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
)

// Member is one change of a group: its steps, and the checks of the whole set that must accept it. A change without a
// check is in the set as well.
type Member struct {
	Steps  []*fsys.Step
	Checks []Check
	Secret string // why no check may show its output: "the content is sensitive"; "": it may
}

// Commit checks the staged changes of a group as a set, and puts those in place that no check refuses. After a refusal,
// the others are checked again without the refused change, also by the check that refused it, even if they do not name
// it. A step of a refused change has the error of the check. The error is that of [fsys.Txn.Commit].
//
// later returns the changes of the plan that the run will make after these; nil: there are none. If a check refuses the
// set, but accepts it together with the later changes, that counts as accepted, unless the check is strict: a result of
// several steps cannot be right after each of them. A check that only later changes name judges these as well.
//
// If it is killed, each file has its old or its new content.
func (k *Checker) Commit(ctx context.Context, txn *fsys.Txn, members []Member, later func() []resource.Change) error {
	if later == nil {
		later = func() []resource.Change { return nil }
	}
	s := &set{k: k, txn: txn, members: members, later: sync.OnceValue(later)}
	s.coming = k.plans.listComing(members, s.later)
	if !slices.ContainsFunc(members, func(m Member) bool { return len(m.Checks) > 0 }) && len(k.listRefused())+len(s.coming) == 0 {
		return txn.Commit(ctx)
	}
	s.hideOutput()
	s.findLate()
	unable := s.checkBefore(ctx)
	switch {
	case unable != nil:
		s.late = func(Check) bool { return true }
	case s.late == nil:
		return txn.Commit(ctx)
	default:
		unable = errAtRoot
	}
	s.dropStrict(unable)
	return s.checkAfter(ctx)
}

// set is a group of changes that are checked together.
type set struct {
	k       *Checker
	txn     *fsys.Txn
	members []Member
	later   func() []resource.Change
	coming  []Check            // named only by later changes
	late    func(c Check) bool // reports whether a check runs after the changes are in place; nil: none does
}

// errAtRoot is the reason why an entry of the root directory can only be checked after it is in place.
var errAtRoot = fmt.Errorf("%w: nothing can be laid over the root directory", process.ErrNoOverlay)

func isAtRoot(hostPath string) bool { return filepath.Dir(hostPath) == "/" }

// findLate finds the checks that changes of entries of the root directory name. Other checks do not see these entries,
// and run before anything is in place.
func (s *set) findLate() {
	var late [][]string
	for _, m := range s.members {
		for _, step := range m.Steps {
			if staged, ok := s.txn.Staged(step); ok && isAtRoot(staged.Path) {
				for _, c := range m.Checks {
					late = append(late, c.Argv)
				}
			}
		}
	}
	if len(late) > 0 {
		s.late = func(c Check) bool {
			return slices.ContainsFunc(late, func(argv []string) bool { return slices.Equal(argv, c.Argv) })
		}
	}
}

func (s *set) isLate(c Check) bool { return s.late != nil && s.late(c) }

// stands reports whether no step of a change has failed.
func (m Member) stands() bool {
	return !slices.ContainsFunc(m.Steps, func(s *fsys.Step) bool { return s.Err() != nil })
}

// checkBefore runs every check on the staged changes, and drops the refused ones, until no check refuses the rest. The
// error is [process.ErrNoOverlay] if that is impossible.
func (s *set) checkBefore(ctx context.Context) error {
	for {
		overlay := s.overlay()
		refused, err := s.runEach(func(c Check) answer {
			if len(overlay) == 0 || s.isLate(c) {
				return answer{}
			}
			return s.checkTogether(ctx, c, overlay)
		})
		switch {
		case err != nil:
			return err
		case refused != nil:
			s.k.noteRefusal(*refused.members[0].checkBy(refused.argv))
			for _, m := range refused.members {
				s.drop(m, refused.of(m))
			}
		case !s.dropCulprits(ctx):
			return nil
		}
	}
}

// drop drops the steps of a change.
func (s *set) drop(m Member, err error) {
	for _, step := range m.Steps {
		s.txn.Drop(step, err)
	}
}

// dropCulprits runs the checks that no remaining change names, but that have refused something or are named by later
// changes, and drops the changes that they refuse. It returns false if they refuse none.
func (s *set) dropCulprits(ctx context.Context) bool {
	for _, c := range slices.Concat(s.k.listRefused(), s.coming) {
		if len(s.whoseCheckIs(c.Argv)) > 0 {
			continue // it has accepted them, or runs when they are in place
		}
		if !s.mayBlame(ctx, c, s.overlay()) {
			continue
		}
		ask := func(files []process.Overlaid) answer { return s.checkTogether(ctx, c, s.hideRest(files)) }
		culprits, a := findCulprits(ask, s.overlay())
		for _, m := range s.members {
			if path := s.pathIn(m, culprits); path != "" {
				s.drop(m, (&refusal{c, a}).of(path, "change"))
			}
		}
		if len(culprits) > 0 {
			s.k.noteRefusal(c)
			return true
		}
	}
	return false
}

// hideRest adds entries to some files of the set that hide the staged changes of the others.
func (s *set) hideRest(files []process.Overlaid) []process.Overlaid {
	out := slices.Clone(files)
	for _, e := range s.overlay() {
		if e.From != "" && e.From != e.Path && !slices.ContainsFunc(files, func(f process.Overlaid) bool { return f.From == e.From }) {
			out = append(out, process.Overlaid{Path: e.From, Gone: true})
		}
	}
	return out
}

// pathIn returns the path of a step of a remaining change that is among files; "": none is.
func (s *set) pathIn(m Member, files []process.Overlaid) string {
	for _, step := range m.Steps {
		staged, ok := s.txn.Staged(step)
		if ok && slices.ContainsFunc(files, func(e process.Overlaid) bool { return e.Path == staged.Path }) {
			return staged.Path
		}
	}
	return ""
}

// dropStrict drops the changes that must be checked before they are in place.
func (s *set) dropStrict(unable error) {
	for _, m := range s.members {
		i := slices.IndexFunc(m.Checks, func(c Check) bool { return c.Strict && s.isLate(c) })
		if i < 0 || !m.stands() {
			continue
		}
		for _, step := range m.Steps {
			s.txn.Drop(step, m.Checks[i].errorOfUnchecked(unable))
		}
	}
}

// veto is the refusal of one command.
type veto struct {
	members []Member
	argv    []string
	answer  answer
}

// of returns the error of one member.
func (r *veto) of(m Member) error {
	return m.checkBy(r.argv).errorOf(r.answer)
}

// checkBy returns the check of a member with this command.
func (m Member) checkBy(argv []string) *Check {
	for i, c := range m.Checks {
		if slices.Equal(c.Argv, argv) {
			return &m.Checks[i]
		}
	}
	return nil
}

// runEach runs each command that a remaining member names, once, until one refuses. The error is [process.ErrNoOverlay].
func (s *set) runEach(run func(c Check) answer) (*veto, error) {
	var done [][]string
	for _, m := range s.members {
		for _, c := range m.Checks {
			if !m.stands() || slices.ContainsFunc(done, func(argv []string) bool { return slices.Equal(argv, c.Argv) }) {
				continue
			}
			done = append(done, c.Argv)
			a := run(c)
			if errors.Is(a.err, process.ErrNoOverlay) {
				return nil, a.err
			}
			if c.errorOf(a) != nil {
				return &veto{s.whoseCheckIs(c.Argv), c.Argv, a}, nil
			}
		}
	}
	return nil, nil
}

// hideOutput hides the output of all checks if any content of the set is secret, because they see all contents.
func (s *set) hideOutput() {
	for c := range s.coming {
		s.coming[c].Secret = s.k.plans.whySecret()
	}
	i := slices.IndexFunc(s.members, func(m Member) bool { return m.Secret != "" })
	if i < 0 {
		return
	}
	for c := range s.coming {
		s.coming[c].Secret = s.members[i].Secret
	}
	for _, m := range s.members {
		for c := range m.Checks {
			m.Checks[c].Secret = s.members[i].Secret
		}
	}
}

// whoseCheckIs lists the remaining members that name a command.
func (s *set) whoseCheckIs(argv []string) (out []Member) {
	for _, m := range s.members {
		if m.stands() && m.checkBy(argv) != nil {
			out = append(out, m)
		}
	}
	return out
}

// overlay returns the effect of the set's steps.
func (s *set) overlay() (out []process.Overlaid) {
	for _, m := range s.members {
		for _, step := range m.Steps {
			if staged, ok := s.txn.Staged(step); ok && !isAtRoot(staged.Path) {
				out = append(out, overlaid(staged))
			}
		}
	}
	return out
}

func overlaid(s fsys.Staged) process.Overlaid {
	e := process.Overlaid{Path: s.Path, From: s.File, Gone: s.File == ""}
	if s.Perm != nil {
		e.Perm, e.Mode, e.UID, e.GID = true, s.Perm.Mode, s.Perm.UID, s.Perm.GID
	}
	return e
}

// checkAfter puts the changes in place, checks them there, and undoes the refused ones.
func (s *set) checkAfter(ctx context.Context) error {
	old := map[*fsys.Step]*fsys.Old{}
	for _, m := range s.members {
		for _, step := range m.Steps {
			if !slices.ContainsFunc(m.Checks, s.isLate) || step.Err() != nil {
				continue
			}
			o, err := s.txn.HoldOld(step)
			if err != nil {
				s.txn.Drop(step, err)
				continue
			}
			defer o.Close()
			old[step] = o
		}
	}
	if err := s.txn.Commit(ctx); err != nil {
		return err
	}
	for {
		refused, err := s.runEach(func(c Check) answer {
			if !s.isLate(c) {
				return answer{}
			}
			return s.k.checkSet(context.WithoutCancel(ctx), c, nil)
		})
		if err != nil || refused == nil {
			return err
		}
		s.putBack(refused, old)
	}
}

// putBack undoes a refused change. The error of a step names why the change was refused, and why it could not be undone.
func (s *set) putBack(r *veto, old map[*fsys.Step]*fsys.Old) {
	back := s.k.fs.Begin("back")
	again := map[*fsys.Step]*fsys.Step{}
	for _, m := range slices.Backward(r.members) {
		for _, step := range slices.Backward(m.Steps) {
			if o := old[step]; o != nil {
				again[step] = o.PutBack(back)
			}
		}
	}
	all := back.Commit(context.Background())
	for _, m := range r.members {
		for _, step := range m.Steps {
			why, err := r.of(m), all
			if b := again[step]; b != nil && err == nil {
				err = b.Err()
			}
			if err != nil {
				why = fmt.Errorf("%w\nand what was there could not be put back: %w", why, err)
			}
			step.Refuse(why)
		}
	}
}
