package stanza

import (
	"errors"
	"strconv"
	"strings"
)

// Problem is one fault of a file.
type Problem struct {
	File string
	Line int    // from 1; 0: the file as a whole
	Word string // the faulty word, as spelled in the file; may be empty
	Text string // what is wrong with it: "is not a version"
}

// Error returns FILE:LINE: "WORD" TEXT.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		b.WriteString(":" + strconv.Itoa(p.Line))
	}
	b.WriteString(": ")
	if p.Word != "" {
		b.WriteString(strconv.Quote(shortenWord(p.Word)) + " ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// longWord is how many bytes of a word are shown.
const longWord = 60

func shortenWord(word string) string {
	if len(word) <= longWord {
		return word
	}
	return strings.ToValidUTF8(word[:longWord], "") + "…"
}

// Problems are all faults of a file, in the order of its lines.
type Problems []Problem

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error, nil if it is empty.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// WordError is a fault in a part of a value, from a parser that does not know the file. [Field.Problem] adds the place.
type WordError struct {
	At   int    // offset of the word in the value, in bytes
	Word string // may be empty
	Text string
}

// Error returns "WORD" TEXT.
func (e *WordError) Error() string {
	if e.Word == "" {
		return e.Text
	}
	return strconv.Quote(shortenWord(e.Word)) + " " + e.Text
}

// Shift moves a [WordError] by a number of bytes, for the parser of a part of a value; other errors stay unchanged.
func Shift(err error, by int) error {
	var we *WordError
	if !errors.As(err, &we) {
		return err
	}
	return &WordError{At: we.At + by, Word: we.Word, Text: we.Text}
}
