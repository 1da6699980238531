package stanza

import (
	"errors"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int    // counted from 1; 0: the file as a whole
	Word string // what is wrong, as the file spells it; may be empty
	Text string // what is wrong with it: "is not a version"
}

// Error is FILE:LINE: "WORD" TEXT.
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

// longWord is how much of a word is shown, in bytes.
const longWord = 60

func shortenWord(word string) string {
	if len(word) <= longWord {
		return word
	}
	return strings.ToValidUTF8(word[:longWord], "") + "…"
}

// Problems is all that is wrong with a file, in the order of its lines.
type Problems []Problem

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is ps as an error, nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// WordError is a fault of a part of a value, made by parsers that know no file.
// [Field.Problem] finds its place.
type WordError struct {
	At   int    // where the word begins, in bytes of the value
	Word string // may be empty
	Text string
}

// Error is "WORD" TEXT.
func (e *WordError) Error() string {
	if e.Word == "" {
		return e.Text
	}
	return strconv.Quote(shortenWord(e.Word)) + " " + e.Text
}

// Shift moves a [WordError] by so many bytes, for the parser of a part of a
// value; any other error stays unchanged.
func Shift(err error, by int) error {
	var we *WordError
	if !errors.As(err, &we) {
		return err
	}
	return &WordError{At: we.At + by, Word: we.Word, Text: we.Text}
}
