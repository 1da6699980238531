package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// RenderError is a problem with a template, at a place in it.
type RenderError struct {
	Name string // as given to Render
	Line int    // from 1; 0: not known
	Col  int    // bytes into the line, from 1; 0: not known
	At   string // the expression at fault as the template has it, possibly shortened; may be empty
	Msg  string // the problem; may quote the data, unless Syntax

	Word   string // the faulty word at Col; may be empty
	Action int    // the number of the {{ that it concerns, from 1; 0: not known
	Null   string // the reference that is null, or contains it: .vars.port; may be empty
	Syntax bool   // Msg only quotes the template and names of functions
}

func (e *RenderError) Error() string { return e.place() + e.Msg }

// Redacted describes the problem and only quotes the template: for data with a secret.
func (e *RenderError) Redacted() string { return e.place() + e.Withheld() }

// Withheld is [RenderError.Redacted] without the place.
func (e *RenderError) Withheld() string {
	at := ""
	if e.At != "" {
		at = " {{" + e.At + "}}"
	}
	return "cannot render" + at + "; the reason is withheld, because it may quote a sensitive value"
}

func (e *RenderError) place() string {
	s := e.Name
	if e.Line > 0 {
		s += ":" + strconv.Itoa(e.Line)
	}
	if e.Col > 0 {
		s += ":" + strconv.Itoa(e.Col)
	}
	return s + ": "
}

// renderError parses an error of text/template:
//
//	template: NAME:LINE: unexpected …
//	template: NAME:LINE:COL: executing "NAME" at <EXPR>: …
func renderError(name string, err error) *RenderError {
	out := &RenderError{Name: name, Msg: err.Error()}
	rest, ok := strings.CutPrefix(out.Msg, "template: "+name+":")
	if !ok {
		return out
	}
	m := regexp.MustCompile(`^(\d+)(?::(\d+))?: (?:executing .*? at <(.*?)>: )?((?s:.*))$`).FindStringSubmatch(rest)
	if m == nil {
		return out
	}
	out.Line, _ = strconv.Atoi(m[1]) // the pattern lets digits through only; an overflow is "not known"
	out.Col, _ = strconv.Atoi(m[2])
	if m[2] != "" {
		out.Col++ // text/template counts columns from 0
	}
	out.At, out.Msg = strings.TrimSuffix(strings.TrimPrefix(m[3], "{{"), "}}"), m[4]
	if out.At != "" {
		out.Msg = "{{" + out.At + "}}: " + out.Msg
	}
	var fn string
	if n, _ := fmt.Sscanf(m[4], "function %q not defined", &fn); n == 1 && isImpure(fn) {
		out.Msg += ": it is not a pure function of its input, so no plan could foretell what it gives"
	}
	return out
}

// lineStart is the byte at which a line of a text begins; -1 if there is no such line.
func lineStart(source string, line int) int {
	at := 0
	for range line - 1 {
		i := strings.IndexByte(source[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	return at
}

// mark sets the place of the error to a part of the template.
func (e *RenderError) mark(source string, from, to int) {
	e.Line = 1 + strings.Count(source[:from], "\n")
	e.Col = from - strings.LastIndexByte(source[:from], '\n')
	e.Word, _, _ = strings.Cut(source[from:to], "\n")
	e.Action = strings.Count(source[:min(from+len("{{"), len(source))], "{{")
}

// differs points at the first line of the output that differs between two renderings.
func differs(name string, a, b []byte) error {
	line := 1
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '\n' {
			line++
		}
	}
	return &RenderError{Name: name, Msg: fmt.Sprintf(
		"rendering it twice gave different results, first in line %d of the output; a template must depend on its data alone", line)}
}
