package store

import "converge/internal/fsys"

// The options of a command decide what it links where. So that recovery finishes
// with the same ones, they are noted beside the goal, unless there are none:
// FOO/:options is a link whose text is Settings.Options.

// note records the options before their goal. An existing record is left from a
// change that has ended.
func (r *run) note(j *job) error {
	d, was, is := j.seat.dir, j.was.options, r.cfg.Options
	if was == is {
		return nil
	}
	if was != "" {
		if err := r.write("forget "+nameOptions, func() error { return d.Remove(nameOptions) }); err != nil {
			return err
		}
	}
	j.was.options = is
	if is == "" {
		return nil
	}
	return r.write("note "+nameOptions, func() error { return d.Symlink(is, nameOptions) })
}

// unnote forgets them, after the goal.
func (r *run) unnote(j *job) error {
	if j.was.options == "" {
		return nil
	}
	d := j.seat.dir
	return r.write("forget "+nameOptions, func() error { return d.Remove(nameOptions) })
}

// onlyOptions tells that options are all that a kill has left of a seat.
func onlyOptions(left []fsys.DirEntry) bool {
	return len(left) == 1 && left[0].Name == nameOptions && left[0].Type == fsys.Symlink
}

// byOptions groups interrupted packages by the options that they are to be
// finished with, in the order in which those come first.
func (r *run) byOptions(foos []string) (groups []group, err error) {
	for _, foo := range foos {
		seat, err := r.at.seat(r.Store, foo)
		if err != nil {
			return nil, err
		}
		was, err := seat.read()
		seat.close()
		if err != nil {
			return nil, err
		}
		i := 0
		for i < len(groups) && groups[i].options != was.options {
			i++
		}
		if i == len(groups) {
			groups = append(groups, group{options: was.options, fresh: true})
		}
		groups[i].foos = append(groups[i].foos, foo)
		groups[i].fresh = groups[i].fresh && was.fresh()
	}
	return groups, nil
}

// group is interrupted packages that one command may have begun.
type group struct {
	options string
	foos    []string
	fresh   bool // nothing is linked of any of them
}
