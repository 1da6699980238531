package view

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Error writes a problem that ended a command before or instead of a run. Hints follow on lines of their own.
func Error(w io.Writer, color bool, err error, hints ...string) {
	h := &screen{opt: Options{Color: color}}
	label := "Error: "
	for l := range strings.SplitSeq(strings.TrimRight(err.Error(), "\n"), "\n") {
		h.writeLine(h.paint(red, label), safeTabs(l))
		label = ""
	}
	for _, hint := range hints {
		h.writeLine(h.paint(dim, "Hint: "), safe(hint))
	}
	h.flushTo(w)
}

// Warn writes a warning sentence.
func Warn(w io.Writer, color bool, s string) {
	h := &screen{opt: Options{Color: color}}
	h.writeText(yellow, "Warning: ", s)
	h.flushTo(w)
}

// Line writes a line for people and programs: without colour, and without anything around it.
func Line(w io.Writer, s string) { fmt.Fprintln(w, safe(s)) }

// Confirm asks whether to apply what was shown above.
func Confirm(in io.Reader, out io.Writer) (bool, error) { return Ask(in, out, "Apply this?") }

// Ask asks a question. Only "yes" or "y" is yes; the end of input is no.
func Ask(in io.Reader, out io.Writer, question string) (bool, error) {
	if _, err := fmt.Fprint(out, "\n"+safe(question)+" [y/N] "); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err == io.EOF {
		fmt.Fprintln(out)
		err = nil
	}
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// Declined reports that nothing was done because the answer was no.
//
// changed means that something had been changed before the question.
func Declined(w io.Writer, changed bool) {
	if changed {
		fmt.Fprintln(w, "Nothing else was changed.")
		return
	}
	fmt.Fprintln(w, "Nothing was changed.")
}

// Valid reports that a manifest is valid.
func Valid(w io.Writer, color bool, resources int) {
	h := &screen{opt: Options{Color: color}}
	h.writeLine(h.paint(green, "Valid"), ": "+plural(resources, "resource")+".")
	h.flushTo(w)
}

// Forgotten lists the runs that were forgotten.
func Forgotten(w io.Writer, ids []string) error {
	h := &screen{opt: Options{}}
	for _, id := range ids {
		h.writeLine("Forgotten: run ", safe(id), ".")
	}
	if len(ids) == 0 {
		h.writeLine("Nothing to forget.")
	}
	return h.flushTo(w)
}

// Thing is an entry of the ledger in JSON.
type Thing struct {
	Key       string `json:"key"`
	Forgotten bool   `json:"forgotten"`
}

// ForgottenThings lists the keys that have left the ledger.
func ForgottenThings(w io.Writer, keys []string) error {
	h := &screen{opt: Options{}}
	for _, key := range keys {
		h.writeLine("Forgotten: ", safe(key), ". It stays on the host.")
	}
	return h.flushTo(w)
}

// Build describes the origin of a binary.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Dirty   bool   `json:"modified,omitempty"` // built from a changed tree
	Go      string `json:"go"`
	System  string `json:"platform"`
}

// ShowBuild writes the version of a program and where the program comes from.
func ShowBuild(w io.Writer, program string, b Build) {
	fmt.Fprintf(w, "%s %s\n", program, b.Version)
	if b.Commit != "" {
		dirty := ""
		if b.Dirty {
			dirty = ", modified"
		}
		fmt.Fprintf(w, "commit %s%s\n", b.Commit, dirty)
	}
	fmt.Fprintf(w, "%s %s\n", b.Go, b.System)
}

// Term is a word with its meaning in one line.
type Term struct {
	Word    string `json:"word"`
	Meaning string `json:"meaning"`
}

// Terms lists words with their meanings, one a line.
func Terms(w io.Writer, ts []Term) {
	for _, t := range ts {
		fmt.Fprintf(w, "%-12s %s\n", t.Word, t.Meaning)
	}
}

// Text writes a text of this program that is laid out already.
func Text(w io.Writer, s string) { fmt.Fprint(w, s) }
