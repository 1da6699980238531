package render

import (
	"fmt"
	"regexp"
	"strings"
)

// explainNull names the null value if text/template only reports that a function needs another value, or that a
// printed value is null.
func (e *RenderError) explainNull(source string, data map[string]any) {
	m := regexp.MustCompile(`(?:invalid value; expected (\S+)|wrong type for value; expected (\S+); got interface \{\})$`).FindStringSubmatch(e.Msg)
	if m == nil && !strings.Contains(e.Msg, "a value that is printed here "+isNull) && !regexp.MustCompile(`: an argument (is|contains) null$`).MatchString(e.Msg) {
		return
	}
	at := -1
	if start := lineStart(source, e.Line); start >= 0 && e.Col > 0 {
		at = start + e.Col - 1
	}
	for _, a := range listActions(source) {
		if at < a.at || at >= a.end {
			continue
		}
		chain, contains := findNullChain(source, a, data)
		if chain == "" && m != nil {
			chain = e.findOnlyArgument(a)
		}
		switch {
		case chain == "" && m != nil:
			e.Msg = fmt.Sprintf("{{%s}} takes %s, and is given null", e.At, plainType(m[1]+m[2]))
			return
		case chain == "":
			return
		}
		is, takes := "is null", "which a text cannot hold"
		if contains {
			is = "contains null"
		}
		if m != nil {
			takes = fmt.Sprintf("and {{ %s }} takes %s", a.text, plainType(m[1]+m[2]))
		}
		e.Null = chain
		e.Msg = fmt.Sprintf("%s %s, %s; {{ default \"…\" %s }} gives one instead, and {{ if %s }} asks whether there is any", chain, is, takes, chain, chain)
		if i := strings.Index(source[a.at:a.end], chain); i >= 0 {
			e.mark(source, a.at+i, a.at+i+len(chain))
		}
		return
	}
}

// findOnlyArgument returns the reference that is the only argument of the failed function in an action. In a range or
// behind a variable only the template knows its value, but it must be null. "" if there is none.
func (e *RenderError) findOnlyArgument(a action) string {
	const ref = `(\$\w*(?:\.[A-Za-z_]\w*)*|(?:\.[A-Za-z_]\w*)+|\.)`
	if regexp.MustCompile(`^` + ref + `$`).MatchString(e.At) {
		return e.At
	}
	name, _, _ := strings.Cut(e.At, " ")
	for _, form := range []string{`^` + ref + `\s*\|\s*` + regexp.QuoteMeta(name) + `(?:\s*\||$)`, `^` + regexp.QuoteMeta(name) + `\s+` + ref + `(?:\s*\||$)`} {
		if m := regexp.MustCompile(form).FindStringSubmatch(a.text); m != nil {
			return m[1]
		}
	}
	return ""
}

// findNullChain returns the first reference in an action whose value is null, or contains null.
func findNullChain(source string, a action, data map[string]any) (chain string, contains bool) {
	for _, m := range regexp.MustCompile(`(?:^|[\s(|])(\$?(?:\.[A-Za-z_]\w*)+)`).FindAllStringSubmatch(a.text, -1) {
		chain = m[1]
		if len(inside(source, a.at)) > 0 && !strings.HasPrefix(chain, "$") {
			continue
		}
		names := strings.Split(strings.TrimPrefix(chain, "$")[1:], ".")
		last := len(names) - 1
		v, ok := walk(data, strings.Join(names[:last], "."))[names[last]]
		if ok && hasNull(v) {
			return chain, v != nil
		}
	}
	return "", false
}
