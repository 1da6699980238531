package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// scene is the meaning of names at a place in a template: of the dot, and of the variables of range and with. Each may
// have one of several values, such as the elements of a list.
type scene struct {
	dot  []any
	vars map[string][]any // without their $; "" is what the template is given
	from string           // what moved the dot: ".servers"; "": nothing
	each bool             // the dot is an element of that, not that itself
}

// sceneAt returns the meaning of names at a byte of a template. No value is known for anything but a plain reference.
func sceneAt(source string, at int, data map[string]any) scene {
	s := scene{dot: []any{data}, vars: map[string][]any{"": {data}}}
	for _, a := range inside(source, at) {
		expr := strings.TrimSpace(strings.TrimPrefix(a.text, a.keyword()))
		names, of, declares := strings.Cut(expr, ":=")
		if !declares {
			names, of = "", expr
		}
		s.enter(a.keyword(), strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' }), strings.TrimSpace(of))
	}
	return s
}

// enter changes a scene like an action that moves the dot.
func (s *scene) enter(keyword string, names []string, of string) {
	found := s.find(of)
	s.from, s.each = of, keyword == "range"
	switch keyword {
	case "define", "block":
		s.dot, s.from = nil, ""
		return
	case "range":
		found = elementsOf(found)
	}
	s.dot = found
	if len(names) > 0 {
		s.vars[strings.TrimPrefix(names[len(names)-1], "$")] = found
	}
}

// find returns the possible values of a plain reference: .tls.cert, $.domain, $server.name, or the dot itself.
func (s *scene) find(chain string) []any {
	first, rest, _ := strings.Cut(chain, ".")
	values := s.dot
	if strings.HasPrefix(first, "$") {
		values = s.vars[first[1:]]
	} else if first != "" {
		return nil
	}
	for name := range strings.SplitSeq(rest, ".") {
		if name == "" {
			continue
		}
		var next []any
		for _, v := range values {
			if m, ok := v.(map[string]any); ok && m[name] != nil {
				next = append(next, m[name])
			}
		}
		values = next
	}
	return values
}

// elementsOf are the elements of lists and of objects.
func elementsOf(values []any) (out []any) {
	for _, v := range values {
		switch v := v.(type) {
		case []any:
			out = append(out, v...)
		case map[string]any:
			out = slices.AppendSeq(out, maps.Values(v))
		}
	}
	return out
}

// describeMissing explains that a reference inside of range or with names something that its parent lacks; "" if the
// names of the parent are not known.
func (s *scene) describeMissing(chain, name string) string {
	before := strings.TrimSuffix(strings.TrimSuffix(chainBefore(chain, name), "this"), ".")
	var names []string
	for _, v := range s.find(before + ".") {
		if m, ok := v.(map[string]any); ok {
			names = slices.AppendSeq(names, maps.Keys(m))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	where, dot := " in "+before, "inside of with the dot is "+s.from
	switch {
	case before != "":
	case s.each:
		where, dot = " of this element", "inside of range the dot is the element"
		if s.from != "" {
			where += " of " + s.from
		}
	default:
		where = " in " + s.from
	}
	given, _ := s.vars[""][0].(map[string]any)
	_, isGiven := given[name]
	nearGiven := nearest(name, slices.Sorted(maps.Keys(given)))
	switch near := nearest(name, names); {
	case before == "" && isGiven:
		return fmt.Sprintf("there is no .%s%s: %s; what the template is given is $.%s", name, where, dot, name)
	case near != "":
		return fmt.Sprintf("there is no .%s%s. Did you mean %s.%s?", name, where, before, near)
	case before == "" && nearGiven != "":
		return fmt.Sprintf("there is no .%s%s. Did you mean $.%s, of what the template is given?", name, where, nearGiven)
	case len(names) > 0:
		return fmt.Sprintf("there is no .%s%s; there is .%s", name, where, strings.Join(names[:min(len(names), 20)], ", ."))
	}
	return ""
}
