package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"converge/internal/fsys"
)

// stateWriter carries out jobs: it writes their state in an order that is recoverable after a kill at any moment, and
// lets the executor change the links of the target.
type stateWriter struct {
	Writer
	Location
	store *Store
	view  string // the view to register; a generation is part of a view
}

// carryOut writes goals first, then links, and the new record last. The goals of stows are recorded before those of
// unstows: recovery may find only some of them, and must not remove links that another package was to take over.
func (w *stateWriter) carryOut(ctx context.Context, all []*job, p Plan) (done []*job, err error) {
	var jobs []*job
	for i, j := range all {
		if !p.Moves[i].Nothing {
			jobs = append(jobs, j)
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int {
		return cmp.Or(cmp.Compare(goalOrder(a), goalOrder(b)), cmp.Compare(a.foo, b.foo))
	})
	// Links may be on another disk, and must be durable there before the record is on its own.
	syncState := func(j *job) error { return w.Sync(j.state.dir) }
	for _, step := range []func(*job) error{w.writeGoal, w.writeHolder, syncState} {
		for _, j := range jobs {
			if err := step(j); err != nil {
				return nil, err
			}
		}
	}
	if len(p.Ops) > 0 {
		if err := w.cfg.Execute.Run(ctx, w.target, p.Ops); err != nil {
			return nil, err
		}
	}
	for _, j := range jobs {
		if err := w.commitGoal(j); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// goalOrder sorts the goals of unstows last.
func goalOrder(j *job) int {
	if j.goal.Nothing {
		return 1
	}
	return 0
}

// writeGoal records the goal of a package. It removes :managed-by first, which signals to the holder that it loses the
// package.
func (w *stateWriter) writeGoal(j *job) error {
	if err := w.makeState(j); err != nil {
		return err
	}
	d := j.state.dir
	if j.take {
		if err := w.recordForce(j); err != nil {
			return err
		}
		if err := w.Step("erase "+nameManagedBy, func() error { return d.Remove(nameManagedBy) }); err != nil {
			return err
		}
	}
	if j.was.Interrupted {
		return nil
	}
	if err := w.writeOptions(j); err != nil {
		return err
	}
	return w.Step("goal", func() error { return d.Symlink(j.goal.text(j.state.base), nameStowing) })
}

// writeHolder records the holder of a package, before its first link.
func (w *stateWriter) writeHolder(j *job) error {
	d := j.state.dir
	switch {
	case j.drop:
		return w.Step("drop "+nameManagedBy, func() error { return d.Remove(nameManagedBy) })
	case j.hold != "":
		return w.Step("hold", func() error { return d.Symlink(j.hold, nameManagedBy) })
	}
	return nil
}

// commitGoal turns the goal into the record.
func (w *stateWriter) commitGoal(j *job) error {
	d := j.state.dir
	var err error
	switch {
	case !j.cancel && !j.goal.Config && !j.goal.Nothing:
		err = w.Step("commit", func() error { return d.Rename(nameStowing, d, nameInstalled) })
	case !j.cancel && !j.goal.Config && j.was.Installed != "":
		err = w.Step("remove "+nameInstalled, func() error { return d.Remove(nameInstalled) })
		fallthrough
	default:
		if err == nil {
			err = w.Step("forget goal", func() error { return d.Remove(nameStowing) })
		}
	}
	if err == nil {
		err = w.removeOptions(j)
	}
	if err == nil {
		err = w.Sync(d)
	}
	if err != nil {
		return err
	}
	return w.removeEmptyState(j.foo, d)
}

// The options of a command determine which links it makes. They are recorded beside the goal so that recovery uses the
// same ones: FOO/:options is a link whose text is Settings.Options, if there are any.

// writeOptions records the options before their goal. An existing record is from a finished change.
func (w *stateWriter) writeOptions(j *job) error {
	d, was, is := j.state.dir, j.was.options, w.cfg.Options
	if was == is {
		return nil
	}
	if err := w.removeOptions(j); err != nil {
		return err
	}
	j.was.options = is
	if is == "" {
		return nil
	}
	return w.Step("note "+nameOptions, func() error { return d.Symlink(is, nameOptions) })
}

// removeOptions removes the options, after the goal.
func (w *stateWriter) removeOptions(j *job) error {
	if j.was.options == "" {
		return nil
	}
	d := j.state.dir
	return w.Step("forget "+nameOptions, func() error { return d.Remove(nameOptions) })
}

// makeState makes the directory for the state of a package of a view, and registers the view with the store.
func (w *stateWriter) makeState(j *job) error {
	if j.state.dir != nil {
		return nil
	}
	if !w.home {
		if err := w.store.RegisterView(w.view); err != nil {
			return err
		}
	}
	all, err := w.EnsureDir(w.target, ViewState)
	if err != nil {
		return err
	}
	defer all.Close()
	j.state.dir, err = w.EnsureDir(all, j.foo)
	return err
}

// removeEmptyState removes the state d of a package from a view that no longer shows the package.
func (w *stateWriter) removeEmptyState(foo string, d *fsys.Dir) error {
	if w.home {
		return nil
	}
	left, err := d.Entries()
	if len(left) == 1 && left[0].Name == nameOptions && left[0].Type == fsys.Symlink { // the only possible remains of a killed run
		left, err = nil, d.Remove(nameOptions)
	}
	if err != nil || len(left) > 0 {
		return err
	}
	all, err := w.target.OpenDir(ViewState)
	if err != nil {
		return err
	}
	defer all.Close()
	return w.Step("remove state", func() error { return all.Rmdir(foo) })
}

// writeContent writes the state of a package that a generation shows.
func (w *stateWriter) writeContent(st packageState, foo string, c Content) error {
	if c == (Content{}) {
		return nil
	}
	j := &job{foo: foo, state: st}
	if err := w.makeState(j); err != nil {
		return err
	}
	defer j.state.close()
	links := []struct{ name, text string }{{nameInstalled, ""}, {nameManagedBy, c.Holder}, {Config, ""}}
	if c.Version != "" {
		links[0].text = st.base + c.Version
	}
	if c.Config {
		links[2].text = st.base + Config
	}
	for _, l := range links {
		if l.text == "" {
			continue
		}
		if err := w.Step("state", func() error { return j.state.dir.Symlink(l.text, l.name) }); err != nil {
			return err
		}
	}
	return nil
}

// recordForce records, for people and for managers that read it, which user took a package from its holder:
// FOO/:control/stow2/:unstowed.
func (w *stateWriter) recordForce(j *job) error {
	version := cmp.Or(j.was.Installed, "-")
	text := fmt.Sprintf("Unstowed-At: %s\nBy-User: %d\nVersion: %s\nManaged-By: %s\n",
		w.cfg.Now().UTC().Format(time.RFC3339), os.Getuid(), version, j.was.Holder)
	c, err := w.EnsureDir(j.state.dir, nameControl)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := w.EnsureDir(c, ownControl)
	if err != nil {
		return err
	}
	defer d.Close()
	return w.Step("record force", func() error { return w.replaceFile(d, nameUnstowed, text) })
}

// Writer changes state one step at a time: recovery can continue after a kill between any two steps.
type Writer struct{ cfg *Settings }

// Step makes one change.
func (w Writer) Step(name string, change func() error) error {
	if w.cfg.BeforeStep != nil {
		if err := w.cfg.BeforeStep(name); err != nil {
			return err
		}
	}
	return change()
}

// Sync makes the entries of d durable, unless NoSync leaves that to the kernel.
func (w Writer) Sync(d *fsys.Dir) error {
	if w.cfg.NoSync {
		return nil
	}
	return d.Sync()
}

// EnsureDir opens a directory, and makes it if it does not exist.
func (w Writer) EnsureDir(d *fsys.Dir, name string) (*fsys.Dir, error) {
	sub, err := d.OpenDir(name)
	if !isMissing(err) {
		return sub, err
	}
	err = w.Step("mkdir "+name, func() error { return d.Mkdir(name, 0o777) })
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process has made it
		return nil, err
	}
	return d.OpenDir(name)
}

// replaceFile makes a file, or replaces its contents atomically.
func (w Writer) replaceFile(d *fsys.Dir, name, text string) error {
	return fsys.ReplaceFile(fsys.InDir(d), name, []byte(text), fsys.Replacement{Staged: name + ".new", Mode: 0o644, Sync: !w.cfg.NoSync})
}
