package lsp

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/lsp/wire"
	"converge/internal/resource"
)

// prepareRename answers with the text that would be renamed.
func (s *Server) prepareRename(_ context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		n, at, ok := s.nameAt(m, offset)
		if !ok || len(s.declarations(n)) == 0 {
			return nil, nil
		}
		return map[string]any{"range": m.rangeOf(at.span), "placeholder": n.text}, nil
	})
}

// rename answers with the edits that rename a declaration everywhere. A resource keeps its key: an attribute gets the
// value that its label set.
func (s *Server) rename(ctx context.Context, p wire.At) (any, error) {
	return at(s, p, func(m *manifest, offset int) (any, error) {
		n, _, ok := s.nameAt(m, offset)
		if !ok {
			return nil, wire.Refuse("here is no name that can be changed")
		}
		declared := s.declarations(n)
		if err := s.checkNewName(n, p.NewName, declared); err != nil {
			return nil, err
		}
		if err := s.checkUnread(n); err != nil {
			return nil, err
		}
		edits := map[string][]wire.Edit{}
		for _, at := range append(declared, s.uses(n)...) {
			uri := uriOf(at.m.path)
			edits[uri] = append(edits[uri], at.rename(p.NewName))
		}
		if k := s.kind(n.what); k != nil {
			s.keepThing(ctx, k, n, p.NewName, declared, edits)
		}
		return wire.WorkspaceEdit{Changes: edits}, nil
	})
}

func (s *Server) checkNewName(n name, now string, declared []spot) error {
	switch {
	case len(declared) == 0:
		return wire.Refuse("nothing declares %s", n.text)
	case now == n.text:
		return wire.Refuse("it has that name")
	case s.kind(n.what) == nil && !hclsyntax.ValidIdentifier(now):
		return wire.Refuse("%q is no name: letters, digits, _ and - make one", now)
	case now == "" || strings.ContainsAny(now, "\n\r"):
		return wire.Refuse("a name is one line of text")
	case len(s.declarations(name{n.dir, n.what, now})) > 0:
		return wire.Refuse("the folder declares %s already", address(n.what, now))
	}
	return nil
}

// rename returns the edit of one place.
func (at spot) rename(now string) wire.Edit {
	r := at.m.rangeOf(at.span)
	switch {
	case at.label:
		return wire.Edit{Range: r, NewText: escape(now)}
	case at.indexed:
		return wire.Edit{Range: r, NewText: "[" + quote(now) + "]"}
	case !hclsyntax.ValidIdentifier(now): // a name after a dot, which is removed
		return wire.Edit{Range: at.m.text.Range(at.span.Start-1, at.span.End), NewText: "[" + quote(now) + "]"}
	}
	return wire.Edit{Range: r, NewText: now}
}

// keepThing keeps the key of a resource that its label set, by an attribute, and tells the user how the ledger treats
// the new address.
func (s *Server) keepThing(ctx context.Context, k *resource.Kind, n name, now string, declared []spot, edits map[string][]wire.Edit) {
	was, is := address(n.what, n.text), address(n.what, now)
	hint := fmt.Sprintf("%s is called %s from now on. The ledger has it under the old address until the next run: what is owed to it, and its history, name %s.", was, is, was)
	for _, at := range declared {
		if k.Label == "" || at.block.Attr(k.Label) != nil || k.Label == "path" && !strings.HasPrefix(n.text, "/") {
			continue
		}
		uri := uriOf(at.m.path)
		edits[uri] = append(edits[uri], at.insertAttr(k.Label, n.text)...)
		hint = fmt.Sprintf("%s is called %s from now on, and still means the same thing: its %s is an attribute now. The ledger knows it by that, so that nothing is made anew.", was, is, k.Label)
	}
	s.client.Notify(ctx, "window/showMessage", wire.Message{Type: 3, Message: hint})
}

// insertAttr returns the edits that insert an attribute at the beginning of a declaration's block.
func (at spot) insertAttr(attr, value string) []wire.Edit {
	body := at.block.Body
	insert := func(offset int, text string) wire.Edit {
		return wire.Edit{Range: at.m.text.Range(offset, offset), NewText: text}
	}
	line := "\n  " + attr + " = " + quote(value)
	switch inner := string(at.m.text.Bytes()[body.Start:body.End]); {
	case strings.Contains(inner, "\n"):
		return []wire.Edit{insert(body.Start, line)}
	case strings.TrimSpace(inner) == "":
		return []wire.Edit{insert(body.Start, line+"\n")}
	}
	return []wire.Edit{insert(body.Start, line+"\n "), insert(body.End, "\n")}
}

// quote returns a text as a literal of the language.
func quote(s string) string { return `"` + escape(s) + `"` }

// escape is quote without the enclosing quotes.
func escape(s string) string {
	s = strconv.Quote(s)
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s[1 : len(s)-1])
}

// address returns the form in which references name a declaration.
func address(what, label string) string {
	if what == "variable" {
		what = "var"
	}
	if hclsyntax.ValidIdentifier(label) {
		return what + "." + label
	}
	return what + "[" + quote(label) + "]"
}
