package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged means that something other than converge has changed a file of the state folder. The error that wraps it
// gives the place.
var ErrDamaged = errors.New("damaged")

func damagedAt(file string, line int, why string) error {
	return fmt.Errorf("cannot read state: %s:%d: %w: %s", file, line, ErrDamaged, why)
}

// scanLines calls each for the text of every line of r, and reports whether the last line was torn. name is for
// messages. text is valid during the call.
//
// A line is torn if it lacks its newline: a write was cut short, or a power cut has left the last blocks of the file
// as zeros. Any other inconsistency is damage.
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

// readLine appends the next line to buf, without its newline. Only the last line can come with io.EOF, and then it is
// cut short or empty.
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
