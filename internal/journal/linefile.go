package journal

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lineFile is the file of the run in progress. Lines are only appended to it.
type lineFile struct {
	root    *os.Root
	name    string
	f       *os.File // nil: nothing was written yet
	sum     sum      // of the last line
	size    int64
	durable bool  // all that was written is on disk
	broken  error // set when the file may end in half a line: nothing may follow
}

func (l *lineFile) createFile() (err error) {
	l.f, err = l.root.OpenFile(l.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	return err
}

// discardFile takes back a file that nothing was written to.
func (l *lineFile) discardFile() {
	l.f.Close()
	_ = l.root.Remove(l.name) // an empty file does no harm
	l.f = nil
}

// appendLines writes whole lines or nothing. If it cannot know which, the run is
// broken: another line after half a line would be damage.
func (l *lineFile) appendLines(b []byte, sum sum, durable bool) error {
	_, err := l.f.Write(b)
	if err != nil {
		if terr := l.f.Truncate(l.size); terr != nil {
			l.broken = fmt.Errorf("cannot write journal: %w", err)
		}
		return err
	}
	l.size += int64(len(b))
	l.sum = sum
	l.durable = false
	if durable {
		return l.syncFile()
	}
	return nil
}

// syncFile waits for the disk. After a failure the content of the disk is unknown
// (the kernel drops the pages and reports that once), so nothing may follow.
func (l *lineFile) syncFile() error {
	if l.durable {
		return nil
	}
	for {
		err := unix.Fdatasync(int(l.f.Fd()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			err = &os.PathError{Op: "fdatasync", Path: l.f.Name(), Err: err}
			l.broken = fmt.Errorf("cannot write journal: %w", err)
			return err
		}
		l.durable = true
		return nil
	}
}
