package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// ownControl is the name of stow2 among package managers.
const ownControl = "stow2"

// recordForce records, for people and for managers that want to know, who takes
// a package from its holder: FOO/:control/stow2/:unstowed.
func (r *run) recordForce(j *job) error {
	version := j.was.installed
	if version == "" {
		version = "-"
	}
	text := fmt.Sprintf("Unstowed-At: %s\nBy-User: %d\nVersion: %s\nManaged-By: %s\n",
		r.cfg.Now().UTC().Format(time.RFC3339), os.Getuid(), version, j.was.holder)
	c, err := r.ensureDir(j.seat.dir, nameControl)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := r.ensureDir(c, ownControl)
	if err != nil {
		return err
	}
	defer d.Close()
	return r.write("record force", func() error { return replaceFile(d, nameUnstowed, text, !r.cfg.NoSync) })
}

// replaceFile makes a file, or gives it new contents at one moment.
func replaceFile(d *fsys.Dir, name, text string, sync bool) error {
	return fsys.ReplaceFile(fsys.InDir(d), name, []byte(text), fsys.Replacement{Staged: name + ".new", Mode: 0o644, Sync: sync})
}

// notify runs the manager that lost a package, if that was requested and only
// root and the caller can have put the program there. A failure is at most a
// warning: the package is unstowed already.
func (r *run) notify(ctx context.Context, j *job) {
	if !r.opts.Notify || j.lost == "" {
		return
	}
	file := lead(j.seat.path, j.lost)
	version := j.was.installed
	if err := r.mayRun(file); err != nil {
		r.cfg.Warn(fmt.Sprintf("%s is not told that it lost %s: %v", j.lost, j.foo, err))
		return
	}
	argv := []string{file, "--stow-forced", Arg{j.foo, version}.String()}
	res, err := process.Run(ctx, process.Command{Argv: argv, Timeout: notifyTimeout, Tee: os.Stderr})
	if err == nil && !res.OK() {
		err = errors.New(res.How())
	}
	if err != nil {
		r.cfg.Warn(fmt.Sprintf("%s was told that it lost %s: %v", j.lost, j.foo, err))
	}
}

// notifyTimeout bounds what a manager does with the news.
const notifyTimeout = 10 * time.Minute

var errNotTrusted = errors.New("others than root and you may change it")

func (r *run) mayRun(file string) error {
	info, ok := r.stat(file)
	switch {
	case !ok:
		return errors.New("it is not there")
	case info.Type != fsys.Regular:
		return errors.New("it is no file")
	case info.UID != 0 && int(info.UID) != os.Getuid(), info.Mode&0o022 != 0:
		return errNotTrusted
	}
	return nil
}
