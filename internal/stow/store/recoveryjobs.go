package store

// direction is that of recovery: to the goal, or back to the former state.
type direction uint8

const (
	forward direction = iota
	backward
)

// recoveryJobs works out how interrupted packages get to their goals, from the
// record and the disk alone. It never guesses from links.
type recoveryJobs struct {
	*resolver
	to       direction
	unlinked bool // no link of any package that the command had begun exists yet
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
	case was.To.Config:
		err = r.continueToConfig(j)
	default:
		err = r.continueToVersion(j)
	}
	return j, err
}

// continueToVersion continues to the version that was being stowed, or goes back
// if it has been deleted.
func (r recoveryJobs) continueToVersion(j *job) error {
	from, to := j.was.Installed, j.goal.Version
	there, err := r.HasPart(j.foo, to)
	if err != nil {
		return err
	}
	if !there {
		j.cancel = true
		j.gone = []string{to}
		j.drop = from == ""
		return r.restowInstalled(j)
	}
	if err := r.holdIfFree(j); err != nil {
		return err
	}
	j.stow = []string{to}
	if from == "" || from == to {
		return nil
	}
	if err := r.removePart(j, from); err != nil {
		return err
	}
	if len(j.unstow) > 0 {
		// With the old version's links removed, the new one's present links would
		// look like a directory to be folded. The undisturbed command has not
		// seen them.
		j.hide = to
	}
	return nil
}

// goBack unstows the stowed part of a goal.
func (r recoveryJobs) goBack(j *job) error {
	part := j.goal.Version
	if j.goal.Config {
		part = Config
	}
	j.cancel = true
	j.drop = j.was.Installed == "" && j.was.Holder != ""
	if part != j.was.Installed {
		if err := r.removePart(j, part); err != nil {
			return err
		}
	}
	return r.restowInstalled(j)
}

// removePart unstows a part, whether its tree still exists or not.
func (r recoveryJobs) removePart(j *job, part string) error {
	there, err := r.HasPart(j.foo, part)
	if there {
		j.unstow = addOnce(j.unstow, part)
	} else {
		j.gone = addOnce(j.gone, part)
	}
	return err
}

// continueToNothing continues unstowing, unless the package had another holder
// and still has: then nothing has been unlinked yet.
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

func (r recoveryJobs) continueToConfig(j *job) error {
	there, err := r.HasPart(j.foo, Config)
	if err != nil {
		return err
	}
	if !there {
		j.cancel = true
		j.gone = []string{Config}
		return r.restowInstalled(j)
	}
	j.stow = []string{Config}
	return r.holdIfFree(j)
}

// holdIfFree makes the actor the holder of a package that has none.
func (r recoveryJobs) holdIfFree(j *job) (err error) {
	if j.was.Holder == "" {
		j.hold, err = r.actor.holderText(j.state)
	}
	return err
}

func (r recoveryJobs) unstowConfig(j *job) error {
	if err := r.removePart(j, Config); err != nil {
		return err
	}
	j.drop = j.was.Installed == "" && j.was.Holder != ""
	return r.restowInstalled(j)
}
