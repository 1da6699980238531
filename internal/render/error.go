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
	Msg  string // what is wrong; may quote the data
}

func (e *RenderError) Error() string { return e.place() + e.Msg }

// Redacted describes the problem and quotes only the template: for data with a
// secret.
func (e *RenderError) Redacted() string {
	at := ""
	if e.At != "" {
		at = " {{" + e.At + "}}"
	}
	return e.place() + "cannot render" + at + "; the reason is withheld, because it may quote a sensitive value"
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

// differs points at the first line of the output that came out differently.
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
