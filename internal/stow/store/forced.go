package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// Mine reports whether the actor holds a package: false if it has no holder.
func (s *Store) Mine(foo string) (bool, error) {
	st, err := s.at.seat(s, foo)
	if err != nil {
		return false, err
	}
	defer st.close()
	was, err := st.read()
	if err != nil || was.holder == "" {
		return false, err
	}
	return s.actsFor(st, was.holder)
}

// Forced is word of a package that was taken away from its holder.
type Forced struct {
	At      time.Time // zero if it is not known
	UID     string
	Version string // that was installed; "" none
	Holder  string // who lost it: the text of :managed-by
	Mine    bool   // that was the actor
}

// Forced returns who took a package from its holder last; ok is false if that
// has not happened since the last [Store.ForgetForced].
func (s *Store) Forced(foo string) (f Forced, ok bool, err error) {
	st, err := s.at.seat(s, foo)
	if err != nil || st.dir == nil {
		return f, false, err
	}
	defer st.close()
	d, err := st.dir.OpenPath(nameControl + "/" + ownControl)
	if gone(err) || err != nil && notDir(err) == nil {
		return f, false, nil
	}
	if err != nil {
		return f, false, err
	}
	defer d.Close()
	text, err := readFile(d, nameUnstowed)
	if err != nil || text == "" {
		return f, false, err
	}
	f = parseForced(text)
	if f.Holder != "" {
		f.Mine, err = s.actsFor(st, f.Holder)
	}
	return f, true, err
}

// ForgetForced takes the word of [Store.Forced] away, once it has been heeded.
func (s *Store) ForgetForced(foo string) error {
	st, err := s.at.seat(s, foo)
	if err != nil || st.dir == nil {
		return err
	}
	defer st.close()
	d, err := st.dir.OpenPath(nameControl + "/" + ownControl)
	if err == nil {
		defer d.Close()
		err = d.Remove(nameUnstowed)
	}
	if gone(err) {
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

// maxWord bounds the bytes read of a record.
const maxWord = 64 << 10

// readFile reads a small file; "" if there is none.
func readFile(d *fsys.Dir, name string) (string, error) {
	fd, err := unix.Openat(d.Fd(), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s/%s: %w", d.Path(), name, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, maxWord)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return "", fmt.Errorf("cannot read %s/%s: %w", d.Path(), name, err)
	}
	return string(buf[:n]), nil
}
