package render

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// explainData rewrites an error of text/template about the data of a template: which name is missing where, and which
// exist.
func (e *RenderError) explainData(source string, data map[string]any) {
	msg := strings.TrimPrefix(e.Msg, "{{"+e.At+"}}: ")
	at := -1
	if start := lineStart(source, e.Line); start >= 0 && e.Col > 0 {
		at = start + e.Col - 1
	}
	if at < 0 || at > len(source) {
		return
	}
	chain := chainAround(source, at)
	switch {
	case strings.HasPrefix(msg, "map has no entry for key "):
		name, _ := quotedIn(msg, `for key "(.*)"$`)
		e.Msg = describeMissing(chain, name, source, at, data)
		e.markName(source, at, name)
	case strings.HasPrefix(msg, "nil pointer evaluating interface {}."):
		_, name, _ := strings.Cut(msg, "interface {}.")
		e.Null = chainBefore(chain, name)
		e.Msg = fmt.Sprintf("%s is null, so it has no .%s", e.Null, name)
		e.markName(source, at, name)
	case strings.HasPrefix(msg, "can't evaluate field "):
		name, _ := quotedIn(msg, `^can't evaluate field (\S+) in type`)
		_, ty, _ := strings.Cut(msg, " in type ")
		before := chainBefore(chain, name)
		if what := describeIn(data, before); what != "" && len(inside(source, at)) == 0 {
			ty = what
		}
		if here := sceneAt(source, at, data); before == "this" && len(here.dot) > 0 {
			ty = fmt.Sprintf("%T", here.dot[0])
		}
		e.Msg = fmt.Sprintf("%s is %s, so it has no .%s", before, plainType(ty), name)
		if _, given := data[name]; given && before == "this" {
			e.Msg += fmt.Sprintf("; what the template is given is $.%s", name)
		}
		e.markName(source, at, name)
	default:
		if i := strings.LastIndex(source[:min(at+len(e.At), len(source))], e.At); e.At != "" && i >= 0 && i <= at && i+len(e.At) > at {
			e.mark(source, i, i+len(e.At))
		}
		e.Action = strings.Count(source[:at], "{{")
		e.explainNull(source, data)
		if e.Null == "" {
			e.explainCall(msg)
		}
	}
}

// describeIn is the type of the data of a reference; "" if there is none.
func describeIn(data map[string]any, chain string) string {
	above, name := "", strings.TrimPrefix(chain, "$")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		above, name = name[:i], name[i+1:]
	}
	if v, ok := walk(data, above)[name]; ok {
		return fmt.Sprintf("%T", v)
	}
	return ""
}

// explainCall rewrites an error about the arguments of a function.
func (e *RenderError) explainCall(msg string) {
	if m := regexp.MustCompile(`^wrong number of args for (\S+): want (at least )?(\d+) got (\d+)$`).FindStringSubmatch(msg); m != nil {
		e.Msg = fmt.Sprintf("%s takes %s%s %s, and here it has %s", m[1], m[2], m[3], plural(m[3], "argument"), m[4])
	}
	if m := regexp.MustCompile(`^wrong type for value; expected (\S+); got (\S+)$`).FindStringSubmatch(msg); m != nil {
		e.Msg = fmt.Sprintf("{{%s}} takes %s, and is given %s", e.At, plainType(m[1]), plainType(m[2]))
		if m[1] == "string" {
			e.Msg += "; toString makes a text of it"
		}
	}
	if m := regexp.MustCompile(`incompatible types for comparison(?:: (\S+) and (\S+))?$`).FindStringSubmatch(msg); m != nil {
		switch e.Msg = fmt.Sprintf("{{%s}} compares two values of different types", e.At); {
		case strings.Contains(e.At, "'"):
			e.Msg = "a text has double quotes: {{ if eq .os \"debian\" }}"
		case m[1] != "":
			e.Msg += fmt.Sprintf(": %s and %s", plainType(m[1]), plainType(m[2]))
		}
	}
	if name, ok := quotedIn(msg, `^template "(.*)" not defined$`); ok {
		e.Msg = fmt.Sprintf("there is no {{ define %q }} in this file", name)
	}
}

func plural(n, word string) string {
	if n == "1" {
		return word
	}
	return word + "s"
}

// plainType is a type of Go in the words of the manifest.
func plainType(ty string) string {
	switch strings.TrimPrefix(ty, "*") {
	case "string":
		return "a text"
	case "int", "int64", "float64", "big.Int":
		return "a number"
	case "bool":
		return "true or false"
	case "[]interface", "[]interface {}", "[]string":
		return "a list"
	case "map[string]interface", "map[string]interface {}":
		return "an object"
	}
	return "a value without parts"
}

// chainAround is the reference around a byte of a template: .vars.db.host.
func chainAround(source string, at int) string {
	const part = "._$"
	isPart := func(b byte) bool { return strings.IndexByte(part, b) >= 0 || standsIn(b) }
	from, to := at, at
	for from > 0 && isPart(source[from-1]) {
		from--
	}
	for to < len(source) && isPart(source[to]) {
		to++
	}
	return source[from:to]
}

// standsIn reports whether a byte can be part of a name.
func standsIn(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b >= 0x80
}

// chainBefore is a reference up to a name in it: the parent that has, or lacks, the name.
func chainBefore(chain, name string) string {
	if i := strings.LastIndex(chain+".", "."+name+"."); i > 0 {
		return chain[:i]
	}
	return "this"
}

// describeMissing explains that a reference at a byte of a template names nothing, and lists the names that exist.
func describeMissing(chain, name, source string, at int, data map[string]any) string {
	before := chainBefore(chain, name)
	isVariable := strings.HasPrefix(chain, "$") && !strings.HasPrefix(chain, "$.")
	if isMoved := len(inside(source, at)) > 0 && !strings.HasPrefix(chain, "$."); isMoved || isVariable {
		s := sceneAt(source, at, data)
		return cmp.Or(s.describeMissing(chain, name), fmt.Sprintf("there is no .%s of this element", name))
	}
	have := walk(data, strings.TrimPrefix(strings.TrimPrefix(before, "$"), "."))
	where := ""
	if before != "this" && before != "" && before != "$" {
		where = " in " + before
	} else {
		have = maps.Clone(have)
		delete(have, "vars")
		delete(have, "node")
	}
	names := slices.Sorted(maps.Keys(have))
	switch near := nearest(name, names); {
	case near != "":
		return fmt.Sprintf("there is no %q%s. Did you mean %q?", name, where, near)
	case len(names) == 0:
		return fmt.Sprintf("there is no %q%s: nothing is given there", name, where)
	}
	return fmt.Sprintf("there is no %q%s; there is %s", name, where, listLikely(name, names))
}

// listLikely joins names, as many as three lines hold. Names that contain the given one, or are a part of it, come
// first.
func listLikely(given string, names []string) string {
	const most = 220
	isLike := func(n string) bool { return strings.Contains(n, given) || strings.Contains(given, n) }
	sorted := append(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !isLike(n) }), slices.DeleteFunc(slices.Clone(names), isLike)...)
	list := strings.Join(sorted, ", ")
	for n := len(sorted) - 1; n > 0 && len(list) > most; n-- {
		list = fmt.Sprintf("%s and %d more", strings.Join(sorted[:n], ", "), len(sorted)-n)
	}
	return list
}

// walk returns the part of the data at a path of names with dots between them.
func walk(data map[string]any, chain string) map[string]any {
	for name := range strings.SplitSeq(chain, ".") {
		if name == "" || name == "this" {
			continue
		}
		next, ok := data[name].(map[string]any)
		if !ok {
			return nil
		}
		data = next
	}
	return data
}

// markName marks a name after a place in an action.
func (e *RenderError) markName(source string, at int, name string) {
	line, _, _ := strings.Cut(source[at:], "\n")
	from := max(0, at-len(name))
	if i := strings.Index(source[from:at+len(line)], name); i >= 0 {
		e.mark(source, from+i, from+i+len(name))
	}
}
