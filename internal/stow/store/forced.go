package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/process"
)

// ownControl is the name of stow2 among package managers.
const ownControl = "stow2"

// Mine reports whether the actor holds a package: false if it has no holder.
func (s *Store) Mine(foo string) (bool, error) {
	st, err := s.state(foo)
	if err != nil {
		return false, err
	}
	defer st.close()
	was, err := st.read()
	if err != nil || was.Holder == "" {
		return false, err
	}
	return s.actor.actsFor(st, was.Holder)
}

// Forced describes how a package was taken from its holder.
type Forced struct {
	At      time.Time // zero if unknown
	UID     string
	Version string // that was installed; "" none
	Holder  string // the former holder: the text of :managed-by
	Mine    bool   // the actor was the former holder
}

// Forced returns how a package was last taken from its holder; ok is false if that has not happened since the last
// [Store.ForgetForced].
func (s *Store) Forced(foo string) (f Forced, ok bool, err error) {
	st, err := s.state(foo)
	if err != nil || st.dir == nil {
		return f, false, err
	}
	defer st.close()
	d, err := st.dir.OpenPath(nameControl + "/" + ownControl)
	if isMissing(err) || err != nil && unlessNotDir(err) == nil {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	defer d.Close()
	text, err := readSmallFile(d, nameUnstowed)
	if err != nil || text == "" {
		return f, false, err
	}
	f = parseForced(text)
	if f.Holder != "" {
		f.Mine, err = s.actor.actsFor(st, f.Holder)
	}
	return f, true, err
}

// ForgetForced removes the record that [Store.Forced] reads.
func (s *Store) ForgetForced(foo string) error {
	st, err := s.state(foo)
	if err != nil || st.dir == nil {
		return err
	}
	defer st.close()
	d, err := st.dir.OpenPath(nameControl + "/" + ownControl)
	if err == nil {
		defer d.Close()
		err = d.Remove(nameUnstowed)
	}
	if isMissing(err) {
		return nil
	}
	return err
}

func parseForced(text string) Forced {
	var f Forced
	for line := range strings.Lines(text) {
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "Unstowed-At":
			f.At, _ = time.Parse(time.RFC3339, value)
		case "By-User":
			f.UID = value
		case "Version":
			f.Version = strings.TrimPrefix(value, "-")
		case "Managed-By":
			f.Holder = value
		}
	}
	return f
}

// maxRecord bounds the bytes read of a record.
const maxRecord = 64 << 10

// readSmallFile reads the beginning of a file; "" if there is none.
func readSmallFile(d *fsys.Dir, name string) (string, error) {
	fd, err := unix.Openat(d.Fd(), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s/%s: %w", d.Path(), name, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, maxRecord)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return "", fmt.Errorf("cannot read %s/%s: %w", d.Path(), name, err)
	}
	return string(buf[:n]), nil
}

// notifyTimeout bounds the run of a notified manager.
const notifyTimeout = 10 * time.Minute

// notifyLoser runs the manager that lost a package, if only root and the caller can have put the program there. A
// failure is at most a warning: the package is unstowed already.
func (s *Store) notifyLoser(ctx context.Context, j *job) {
	if !j.take {
		return
	}
	file := resolveLink(j.state.path, j.was.Holder)
	if err := s.checkTrusted(file); err != nil {
		s.cfg.Warn(fmt.Sprintf("%s is not notified that it lost %s: %v", j.was.Holder, j.foo, err))
		return
	}
	argv := []string{file, "--stow-forced", Arg{j.foo, j.was.Installed}.String()}
	res, err := process.Run(ctx, process.Command{Argv: argv, Timeout: notifyTimeout, Tee: s.cfg.Output})
	if err == nil && !res.OK() {
		err = errors.New(res.How())
	}
	if err != nil {
		s.cfg.Warn(fmt.Sprintf("%s was notified that it lost %s: %v", j.was.Holder, j.foo, err))
	}
}

var errNotTrusted = errors.New("others than root and you may change it")

func (s *Store) checkTrusted(file string) error {
	info, ok := s.statFile(file)
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
