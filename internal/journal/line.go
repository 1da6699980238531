package journal

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// maxLine bounds a line in bytes, for writers and readers.
const maxLine = 16 << 20

// sum is the running checksum of a file of lines.
type sum uint32

func (s sum) addText(text []byte) sum { return sum(crc32.Update(uint32(s), crc32.IEEETable, text)) }

// appendLine adds a line with the JSON of v to buf, in a file whose last line
// had the checksum s, and returns the new line's.
func appendLine(buf *bytes.Buffer, s sum, v any) (sum, error) {
	at := buf.Len()
	buf.WriteString("00000000 ")
	if err := encodeLine(buf, v); err != nil {
		buf.Truncate(at)
		return s, err
	}
	line := buf.Bytes()[at:]
	if len(line) > maxLine {
		buf.Truncate(at)
		return s, fmt.Errorf("its record has %d bytes, more than the journal takes (%d)", len(line), maxLine)
	}
	s = s.addText(line[9 : len(line)-1])
	hex.Encode(line, []byte{byte(s >> 24), byte(s >> 16), byte(s >> 8), byte(s)})
	return s, nil
}

// encodeLine writes v as JSON without a newline in it, and one at its end.
func encodeLine(buf *bytes.Buffer, v any) error {
	if r, ok := v.(*record); ok && r.Begin != nil {
		r.Begin.encodeRecord(buf)
		return nil
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// encodeString writes s as json.Marshal does, faster where nothing in it needs
// an escape.
func encodeString(buf *bytes.Buffer, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, _ := json.Marshal(s) // a string cannot fail
			buf.Write(b)
			return
		}
	}
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
}

// parseLine splits a line (without its newline) that follows one with the
// checksum prev. stored is the checksum that the line itself claims.
func parseLine(line []byte, prev sum) (text []byte, stored sum, ok bool) {
	if len(line) < 9 || line[8] != ' ' {
		return nil, 0, false
	}
	for _, c := range line[:8] {
		switch {
		case '0' <= c && c <= '9':
			stored = stored<<4 | sum(c-'0')
		case 'a' <= c && c <= 'f':
			stored = stored<<4 | sum(c-'a'+10)
		default: // upper case too: one text, one line
			return nil, 0, false
		}
	}
	text = line[9:]
	return text, stored, prev.addText(text) == stored
}

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

// append writes whole lines or nothing. If it cannot know which, the run is
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

// ErrDamaged means that a file of the state folder was changed by something
// other than converge. The error around it gives the place.
var ErrDamaged = errors.New("damaged")

func damagedAt(file string, line int, why string) error {
	return fmt.Errorf("cannot read state: %s:%d: %w: %s", file, line, ErrDamaged, why)
}

// scanLines calls each for the text of every line of r, and reports whether the
// last line was torn. name is for messages. text is valid during the call.
//
// A line is torn if it lacks its newline: so ends a write that was cut short,
// and so ends a file whose last blocks a power cut has left as zeros.
// Everything else that does not add up is damage.
func scanLines(name string, r io.Reader, each func(line int, text []byte) error) (torn bool, err error) {
	br := bufio.NewReaderSize(r, 8<<10)
	var prev sum
	var buf []byte
	for n := 1; ; n++ {
		buf, err = readLine(br, buf[:0])
		switch {
		case errors.Is(err, io.EOF):
			return len(buf) > 0, nil
		case errors.Is(err, errLong):
			return false, damagedAt(name, n, err.Error())
		case err != nil:
			return false, fmt.Errorf("cannot read %s: %w", name, err)
		}
		text, stored, ok := parseLine(buf, prev)
		if !ok {
			return false, damagedAt(name, n, "its checksum does not fit")
		}
		if err := each(n, text); err != nil {
			return false, err
		}
		prev = stored
	}
}

var errLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// readLine appends the next line to buf, without its newline. Only the last
// line can come with io.EOF, and then it is cut short or empty.
func readLine(br *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		part, err := br.ReadSlice('\n')
		buf = append(buf, part...)
		switch {
		case len(buf) > maxLine:
			return buf, errLong
		case err == nil:
			return buf[:len(buf)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return buf, err
		}
	}
}
