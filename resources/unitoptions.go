package resources

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-systemd/v22/unit"
)

// longUnit is the length in bytes from which a unit file may have a line that is too long.
const longUnit = unit.SYSTEMD_LINE_MAX

// ReadUnitOptions reads the assignments of a unit file. Its result equals that of the library, which takes ten times
// as long, because it starts a goroutine for each file and sends each assignment through a channel. The library reads
// long files and files that are not UTF-8.
func ReadUnitOptions(text []byte) ([]*unit.UnitOption, error) {
	if len(text) >= longUnit || !utf8.Valid(text) {
		return unit.DeserializeOptions(bytes.NewReader(text))
	}
	r := unitReader{rest: string(text)}
	for r.rest != "" {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	return r.options, nil
}

// unitReader reads a unit file from its beginning to its end.
type unitReader struct {
	rest      string
	section   string
	inSection bool
	options   []*unit.UnitOption
}

// step reads a section, a comment, an assignment, or one character that is none of these.
func (r *unitReader) step() error {
	first, size := utf8.DecodeRuneInString(r.rest)
	switch {
	case first == '[':
		return r.readSection()
	case first == '#' || first == ';':
		r.rest = r.rest[size:]
		r.skipComment()
	case !r.inSection || unicode.IsSpace(first):
		r.rest = r.rest[size:]
	default:
		return r.readOption()
	}
	return nil
}

func (r *unitReader) readSection() error {
	name, rest, closed := strings.Cut(r.rest[1:], "]")
	if !closed {
		return errors.New("unable to find end of section")
	}
	r.rest = rest
	if garbage, _ := r.cutLine(); strings.TrimSpace(garbage) != "" {
		return fmt.Errorf("found garbage after section name : %q", strings.TrimSpace(garbage))
	}
	r.section, r.inSection = name, true
	return nil
}

// skipComment skips the rest of a comment, which a backslash continues.
func (r *unitReader) skipComment() {
	for {
		line, _ := r.cutLine()
		if !strings.HasSuffix(strings.TrimSuffix(line, " "), `\`) {
			return
		}
	}
}

func (r *unitReader) readOption() error {
	end := strings.IndexAny(r.rest, "=\r\n")
	switch {
	case end < 0:
		return io.EOF
	case r.rest[end] != '=':
		return errors.New("unexpected newline encountered while parsing option name")
	}
	o := &unit.UnitOption{Section: r.section, Name: strings.TrimSpace(r.rest[:end])}
	r.rest = r.rest[end+1:]
	o.Value = r.readValue()
	r.options = append(r.options, o)
	return nil
}

// readValue reads a value, which a backslash continues. An empty line ends it.
func (r *unitReader) readValue() (value string) {
	for {
		line, last := r.cutLine()
		if strings.TrimSpace(line) == "" {
			break
		}
		value += line
		if !strings.HasSuffix(line, `\`) {
			break
		}
		if !last {
			value += "\n"
		}
	}
	if strings.HasSuffix(value, "\n") {
		return strings.TrimSpace(value) + "\n"
	}
	return strings.TrimSpace(value)
}

// cutLine cuts a line off the rest. last reports whether no line ends there.
func (r *unitReader) cutLine() (line string, last bool) {
	line, rest, found := strings.Cut(r.rest, "\n")
	r.rest = rest
	if !found {
		line = strings.TrimSuffix(line, "\r")
	}
	return line, !found
}
