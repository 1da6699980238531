package render

import (
	"errors"
	"io"
	"slices"
	"text/template"
	"text/template/parse"
)

// nullError finds the place where a template prints a null: it renders once
// more, and checks each value that is printed. nil: only text looks like one.
func nullError(name string, t *template.Template, data any) error {
	const look = "_printed_value"
	t = template.Must(t.Clone()).Funcs(template.FuncMap{look: func(v any) (any, error) {
		if hasNull(v) {
			return nil, errors.New(isNull)
		}
		return v, nil
	}})
	visitLists(t, func(l *parse.ListNode) {
		for _, n := range l.Nodes {
			if n, ok := n.(*parse.ActionNode); ok && len(n.Pipe.Decl) == 0 {
				word := parse.NewIdentifier(look).SetPos(n.Pos)
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{word}})
			}
		}
	})
	err := t.Execute(io.Discard, data)
	if err == nil {
		return nil
	}
	e := renderError(name, err)
	e.At, e.Msg = "", "a value that is printed here "+isNull
	return e
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

const isNull = `is null or contains null; {{ default "…" .x }} gives one instead, and {{ if .x }} asks whether there is any`
