package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// fullLines is how many bytes of lines are written at once: a run that creates thousands of files begins with
// megabytes of lines.
const fullLines = 256 << 10

// lineFile is the file of the run in progress. Lines are only appended to it.
type lineFile struct {
	root    *os.Root
	name    string
	f       *os.File     // nil: nothing was written yet
	sum     sum          // of the last line, in the file or in buf
	size    int64        // of the file
	buf     bytes.Buffer // lines that are not yet in the file
	batches bool         // lines without a waiter stay in buf, see [Run.Batch]
	durable bool         // all written lines are on disk
	broken  error        // set when the file may end in half a line: no further line may be written
}

func (l *lineFile) createFile() (err error) {
	l.f, err = l.root.OpenFile(l.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	return err
}

// discardFile removes a file to which nothing was written.
func (l *lineFile) discardFile() {
	l.f.Close()
	_ = l.root.Remove(l.name) // an empty file does no harm
	l.f = nil
}

// appendRecords adds the lines of records, all or none. If it cannot know which, the run is broken: another line after
// half a line would be damage.
func (l *lineFile) appendRecords(records []record, durable bool) error {
	if err := l.flush(); err != nil {
		return err
	}
	size, sum := l.size, l.sum
	err := l.writeLines(records)
	if err == nil {
		l.durable = false
		if durable {
			return l.syncFile()
		}
		return nil
	}
	l.buf.Reset()
	l.size, l.sum = size, sum
	if terr := l.f.Truncate(size); terr != nil {
		l.broken = fmt.Errorf("cannot write journal: %w", err)
	}
	return err
}

func (l *lineFile) writeLines(records []record) (err error) {
	for i := range records {
		if l.sum, err = appendLine(&l.buf, l.sum, &records[i]); err != nil {
			return err
		}
		if l.buf.Len() >= fullLines {
			if err = l.writeOut(); err != nil {
				return err
			}
		}
	}
	return l.writeOut()
}

// bufferRecords adds the lines of records to the buffer, all or none.
func (l *lineFile) bufferRecords(records []record) (err error) {
	held, sum := l.buf.Len(), l.sum
	for i := range records {
		if l.sum, err = appendLine(&l.buf, l.sum, &records[i]); err != nil {
			l.buf.Truncate(held)
			l.sum = sum
			return err
		}
	}
	if l.buf.Len() >= fullLines {
		return l.flush()
	}
	return nil
}

// flush writes the lines of bufferRecords. The run treats them as written, so it is broken if that fails.
func (l *lineFile) flush() error {
	if l.buf.Len() == 0 {
		return nil
	}
	err := l.writeOut()
	if err == nil {
		l.durable = false
		return nil
	}
	l.buf.Reset()
	_ = l.f.Truncate(l.size) // readers ignore a torn line at the end of a file
	l.broken = fmt.Errorf("cannot write journal: %w", err)
	return err
}

// writeOut writes the lines of buf.
func (l *lineFile) writeOut() error {
	n, err := l.f.Write(l.buf.Bytes())
	if err != nil {
		return err
	}
	l.size += int64(n)
	l.buf.Reset()
	return nil
}

// syncFile waits for the disk. After a failure the content of the disk is unknown (the kernel drops the pages and
// reports that once), so nothing may follow.
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
