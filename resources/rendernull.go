package resources

import (
	"errors"
	"io"
	"text/template"
	"text/template/parse"
)

// nullError finds the place where a template prints what has no value: it is
// rendered once more, with each value that is printed looked at.
func nullError(name string, t *template.Template, data any) error {
	const look = "_printed_value"
	t = template.Must(t.Clone()).Funcs(template.FuncMap{look: func(v any) (any, error) {
		if v == nil {
			return nil, errors.New(isNull)
		}
		return v, nil
	}})
	for _, part := range t.Templates() {
		if part.Tree != nil {
			lookAt(part.Root, look)
		}
	}
	err := t.Execute(io.Discard, data)
	if err == nil {
		return &RenderError{Name: name, Msg: "a value that it prints " + isNull}
	}
	e := renderError(name, err)
	e.At, e.Msg = "", "a value that is printed here "+isNull
	return e
}

const isNull = `is null; {{ default "…" .x }} gives one instead, and {{ if .x }} asks whether there is any`

// lookAt hands every value that is printed on to the function of that name.
func lookAt(l *parse.ListNode, name string) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) == 0 {
				word := parse.NewIdentifier(name).SetPos(n.Pos)
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{word}})
			}
		case *parse.RangeNode:
			lookAt(n.List, name)
			lookAt(n.ElseList, name)
		case *parse.IfNode:
			lookAt(n.List, name)
			lookAt(n.ElseList, name)
		case *parse.WithNode:
			lookAt(n.List, name)
			lookAt(n.ElseList, name)
		}
	}
}
