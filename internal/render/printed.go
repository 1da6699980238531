package render

import (
	"bytes"
	"errors"
	"slices"
	"text/template"
	"text/template/parse"
)

// noValue is the output of text/template for a missing value.
const noValue = "<no value>"

// nilInside is the output of text/template for a null in a list or a map.
const nilInside = "<nil>"

// looksOdd reports whether a piece of output may be a null, a list or an object as text/template prints it.
func looksOdd(p []byte) bool {
	return string(p) == noValue || bytes.Contains(p, []byte(nilInside)) ||
		bytes.HasSuffix(p, []byte("]")) && (bytes.HasPrefix(p, []byte("[")) || bytes.HasPrefix(p, []byte("map[")))
}

// unprintable is the error that a value has no form as text.
type unprintable struct{ value any }

func (u *unprintable) Error() string {
	if hasNull(u.value) {
		return "a value that is printed here " + isNull
	}
	return nameArgument(u.value) + noForm
}

const isNull = `is null or contains null; {{ default "…" .x }} gives one instead, and {{ if .x }} asks whether there is any`

// findOdd finds the place where a template prints a null, a list or an object: it renders once more, and checks each
// value that is printed. nil: only text looks like one.
func (m *meter) findOdd(t *template.Template, source string, copied any, data map[string]any) error {
	checked := withPrinted(t, func(v any) (any, error) {
		if hasNull(v) || nameCollection(v) != "" {
			return nil, &unprintable{v}
		}
		return v, nil
	})
	_, err := m.render(checked, copied)
	var odd *unprintable
	if !errors.As(err, &odd) {
		return nil
	}
	e := renderError(t.Name(), err)
	e.At, e.Msg = "", odd.Error()
	if hasNull(odd.value) {
		e.explainNull(source, data)
	} else {
		e.explainCollection(source, odd.value)
	}
	return e
}

// withPrinted returns a copy of a template in which each value that is printed goes through printed.
func withPrinted(t *template.Template, printed func(v any) (any, error)) *template.Template {
	const look = "_printed_value"
	t = template.Must(t.Clone()).Funcs(template.FuncMap{look: printed})
	visitLists(t, func(l *parse.ListNode) {
		for _, n := range l.Nodes {
			if n, ok := n.(*parse.ActionNode); ok && len(n.Pipe.Decl) == 0 {
				word := parse.NewIdentifier(look).SetPos(n.Pos)
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{word}})
			}
		}
	})
	return t
}

// hasNull reports whether a value is null, or a list or a map with a null in it.
func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, hasNull)
	case map[string]any:
		for _, e := range v {
			if hasNull(e) {
				return true
			}
		}
	}
	return false
}
