package render

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"unicode"
)

// MaxRendered is the size in bytes above which a rendered template is refused.
const MaxRendered = 64 << 20

// Renderer renders Go text/templates with the sprig functions, without those that
// are not a pure function of their input. It keeps the table of functions between
// them. The zero Renderer is ready; it may be used by many goroutines.
type Renderer struct {
	Context context.Context // that ends rendering; nil: none

	once  sync.Once
	funcs template.FuncMap
}

// Render renders one template. A key that is not in the data is an error. name
// identifies the template in errors; every error is a [*RenderError]. The data is
// not changed, whatever the template does.
func (r *Renderer) Render(name, source string, data map[string]any) ([]byte, error) {
	if !strings.Contains(source, "{{") {
		return []byte(source), nil
	}
	r.once.Do(func() { r.funcs = templateFuncs() })
	funcs := r.named(source)
	// The parsed template serves this call alone, and so do its bounds.
	m := &meter{ctx: r.Context}
	t, err := template.New(name).Option("missingkey=error").Funcs(m.metered(funcs)).Parse(source)
	if err != nil {
		return nil, renderError(name, err)
	}
	addSteps(t)
	// Each pass has its own copy where that could make a difference: sprig's
	// set and merge write into it, %p prints its address.
	pass := func() any { return data }
	if !leavesDataAlone(source, funcs) {
		pass = func() any { return copyData(data) }
	}
	first, err := m.render(t, pass())
	if err != nil {
		return nil, renderError(name, err)
	}
	second, err := m.render(t, pass())
	if err != nil {
		return nil, renderError(name, err)
	}
	if !bytes.Equal(first, second) {
		return nil, differs(name, first, second)
	}
	if m.null {
		if err := nullError(name, t, data); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// named picks the functions whose names occur in source: text/template checks
// and copies every function that it is given, for every template.
func (r *Renderer) named(source string) template.FuncMap {
	out := template.FuncMap{}
	notWord := func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }
	for word := range strings.FieldsFuncSeq(source, notWord) {
		if f, ok := r.funcs[word]; ok {
			out[word] = f
		}
	}
	return out
}

// render renders once; each time has all of the bounds.
func (m *meter) render(t *template.Template, data any) ([]byte, error) {
	var b bytes.Buffer
	m.w, m.left, m.rounds, m.depth, m.made, m.null = &b, MaxRendered, 0, 0, 0, false
	if err := t.Execute(m, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

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
