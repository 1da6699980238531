package store

// direction is that of recovery: to the goal, or back to the former state.
type direction uint8

const (
	forward direction = iota
	backward
)

// recoveryJobs computes the jobs that take interrupted packages to their goals, from the record and the disk alone. It
// never guesses from links.
type recoveryJobs struct {
	*resolver
	to       direction
	unlinked bool // no package of the command has a link yet
}

func (r recoveryJobs) makeJob(foo string, st packageState) (*job, error) {
	was, err := st.read()
	if err != nil {
		return nil, err
	}
	j := &job{foo: foo, state: st, was: was, goal: was.To, verb: "recover"}
	switch {
	case was.To.Nothing && was.To.Config:
		err = r.unstowConfig(j)
	case was.To.Nothing:
		err = r.continueToNothing(j)
	case was.isFresh() && (r.unlinked || r.to == backward):
		j.cancel = true
	case r.to == backward:
		err = r.goBack(j)
	default:
		err = r.continueStowing(j)
	}
	return j, err
}

// continueStowing continues to the part that was being stowed, or goes back if it has been deleted.
func (r recoveryJobs) continueStowing(j *job) error {
	from, to := j.was.Installed, j.goal.part()
	there, err := r.HasPart(j.foo, to)
	if err != nil {
		return err
	}
	if !there {
		j.cancel = true
		j.gone = []string{to}
		j.drop = from == "" && !j.goal.Config
		return r.restowInstalled(j)
	}
	j.stow = []string{to}
	if j.was.Holder == "" {
		if j.hold, err = r.actor.holderText(j.state); err != nil {
			return err
		}
	}
	if from == "" || from == to || j.goal.Config {
		return nil
	}
	if err := r.removePart(j, from); err != nil {
		return err
	}
	if len(j.unstow) > 0 {
		// Without the old version's links, the present links of the new one would look like a foldable directory. The
		// undisturbed command did not see them.
		j.hide = to
	}
	return nil
}

// goBack unstows the stowed part of a goal.
func (r recoveryJobs) goBack(j *job) error {
	part := j.goal.part()
	j.cancel = true
	j.drop = j.was.Installed == "" && j.was.Holder != ""
	if part != j.was.Installed {
		if err := r.removePart(j, part); err != nil {
			return err
		}
	}
	return r.restowInstalled(j)
}

// removePart unstows a part, even if its tree no longer exists.
func (r recoveryJobs) removePart(j *job, part string) error {
	there, err := r.HasPart(j.foo, part)
	if there {
		j.unstow = addOnce(j.unstow, part)
	} else {
		j.gone = addOnce(j.gone, part)
	}
	return err
}

// continueToNothing continues unstowing, unless the package had another holder and still has it: then nothing has been
// unlinked yet.
func (r recoveryJobs) continueToNothing(j *job) error {
	if j.was.Installed == "" {
		j.cancel = true
		return nil
	}
	if j.was.Holder != "" && !r.opts.Force {
		mine, err := r.actor.actsFor(j.state, j.was.Holder)
		if err != nil {
			return err
		}
		if !mine {
			j.cancel = true
			return nil
		}
	}
	j.drop = j.was.Holder != ""
	return r.removePart(j, j.was.Installed)
}

func (r recoveryJobs) unstowConfig(j *job) error {
	if err := r.removePart(j, Config); err != nil {
		return err
	}
	j.drop = j.was.Installed == "" && j.was.Holder != ""
	return r.restowInstalled(j)
}
