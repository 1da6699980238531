package render

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"text/template"
	"unicode"
)

// MaxRendered is the size in bytes above which a rendered template is refused.
const MaxRendered = 64 << 20

// Renderer renders Go text/templates with the sprig functions, without those that are not a pure function of their
// input. It keeps the table of functions between calls. The zero Renderer is ready, and safe for concurrent use.
type Renderer struct {
	Context context.Context // ends rendering; nil: nothing does

	once  sync.Once
	funcs template.FuncMap
}

// Render renders one template. A key that is missing in the data is an error. name identifies the template in errors;
// every error is a [*RenderError]. The template cannot change the data.
func (r *Renderer) Render(name, source string, data map[string]any) ([]byte, error) {
	if !strings.Contains(source, "{{") {
		at, end, msg := findOtherTemplate(source)
		if msg == "" {
			at, end, msg = findDollars(source, data)
		}
		if msg != "" {
			e := &RenderError{Name: name, Msg: msg, Syntax: true}
			e.mark(source, at, end)
			return nil, e
		}
		return []byte(source), nil
	}
	r.once.Do(func() { r.funcs = templateFuncs() })
	funcs := r.named(source)
	// This call alone uses the parsed template and its bounds.
	m := &meter{ctx: r.Context}
	t, err := template.New(name).Option("missingkey=error").Funcs(m.metered(funcs)).Parse(source)
	if err != nil {
		e := renderError(name, err)
		e.explainSyntax(source, data)
		return nil, e
	}
	addSteps(t)
	// Each pass has its own copy if that could make a difference: sprig's set and merge write into it, %p prints its
	// address.
	pass := func() any { return data }
	if !leavesDataAlone(source, funcs) {
		pass = func() any { return copyData(data) }
	}
	fail := func(err error) error {
		e := renderError(name, err)
		e.explainData(source, data)
		if odd := (*unprintable)(nil); errors.As(err, &odd) {
			e.explainArgument(odd.value)
		}
		return e
	}
	first, err := m.render(t, pass())
	if err != nil {
		return nil, fail(err)
	}
	second, err := m.render(t, pass())
	if err != nil {
		return nil, fail(err)
	}
	if !bytes.Equal(first, second) {
		return nil, differs(name, first, second)
	}
	if m.odd {
		if err := m.findOdd(t, source, pass(), data); err != nil {
			return nil, err
		}
	}
	if m.powers {
		return m.render(withPrinted(t, spelled), pass())
	}
	return first, nil
}

// named selects the functions whose names occur in source: text/template checks and copies every function that it is
// given, for every template.
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

// render renders once; each time with the full bounds.
func (m *meter) render(t *template.Template, data any) ([]byte, error) {
	var b bytes.Buffer
	m.w, m.left, m.rounds, m.depth, m.made, m.odd = &b, MaxRendered, 0, 0, 0, false
	if err := t.Execute(m, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
