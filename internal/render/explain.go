package render

import (
	"fmt"
	"regexp"
	"strings"
)

// explainSyntax rewrites an error of text/template's parser for the author of the template: what the template has, and
// what to write instead. It sets the place, because the parser only knows the line.
func (e *RenderError) explainSyntax(source string, data map[string]any) {
	e.Syntax = true
	if at, end, msg := findOtherTemplate(source); msg != "" {
		e.Msg = msg
		e.mark(source, at, end)
		return
	}
	actions := listActions(source)
	switch {
	case e.Msg == "unexpected EOF":
		e.explainUnclosed(source, actions)
	case e.Msg == "unexpected {{end}}" || e.Msg == "unexpected {{else}}":
		e.explainUnopened(source, actions)
	default:
		e.explainAction(source, actions, data)
	}
}

// explainUnclosed names the action that no {{ end }} closes.
func (e *RenderError) explainUnclosed(source string, actions []action) {
	if a := findUnclosed(source, actions); a != nil {
		e.Msg = fmt.Sprintf("{{ %s }} is not closed: an {{ end }} is missing", a.text)
		e.mark(source, a.at, a.end)
	}
}

// findUnclosed returns the action that lacks its {{ end }}: one whose {{ end }} is further to the left, where another
// action begins, or else the innermost that is open at the end.
func findUnclosed(source string, actions []action) *action {
	var open []*action
	var doubtful *action
	for i := range actions {
		a := &actions[i]
		switch last := len(open) - 1; {
		case a.opens():
			open = append(open, a)
		case a.keyword() != "end" || last < 0:
		case last > 0 && indent(source, a.at) >= 0 && indent(source, a.at) < indent(source, open[last].at) && indent(source, a.at) == indent(source, open[last-1].at):
			doubtful = open[last]
			open = open[:last-1]
		default:
			open = open[:last]
		}
	}
	if doubtful != nil || len(open) == 0 {
		return doubtful
	}
	return open[len(open)-1]
}

// indent counts the blanks before a place in its line; -1 if anything else is there.
func indent(source string, at int) int {
	before := source[strings.LastIndexByte(source[:at], '\n')+1 : at]
	if strings.Trim(before, " \t") != "" {
		return -1
	}
	return len(before)
}

// explainUnopened names the {{ end }} or {{ else }} without an action.
func (e *RenderError) explainUnopened(source string, actions []action) {
	open := 0
	for _, a := range actions {
		switch word := a.keyword(); {
		case a.opens():
			open++
		case (word == "end" || word == "else") && open == 0:
			e.Msg = fmt.Sprintf("{{ %s }} belongs to no {{ if }}, {{ range }} or {{ with }} before it", a.text)
			e.mark(source, a.at, a.end)
			return
		case word == "end":
			open--
		}
	}
}

// findOtherTemplate finds syntax of other template languages; msg is "" if there is none.
func findOtherTemplate(source string) (at, end int, msg string) {
	if !strings.Contains(source, "{%") && !strings.Contains(source, "<%") && !strings.Contains(source, "{{") {
		return 0, 0, ""
	}
	const form = "; here a loop is {{ range .items }}{{ . }}{{ end }}, a condition {{ if .tls }}…{{ else }}…{{ end }}, a value {{ .port }}"
	for _, o := range []struct{ pattern, msg string }{
		{`\{%-?\s*(for|if|elif|else|endif|endfor|set|include|macro|block|endblock|extends|import|raw|case|unless|assign|from)\b[^\n]*?%\}`, "this is Jinja" + form},
		{`<%[=-]?\s*[^\n]*?%>`, "this is ERB" + form},
		{`\{\{[#/^>!]\s*[^\n]*?\}\}`, "this is Handlebars or Mustache" + form},
	} {
		if m := regexp.MustCompile(o.pattern).FindStringIndex(source); m != nil && (msg == "" || m[0] < at) {
			at, end, msg = m[0], m[1], o.msg
		}
	}
	return at, end, msg
}

// findDollars finds a template of Terraform or of a shell in a text without any action: a directive, or an existing
// value in ${ }. In a text that also has actions these may be meant for a shell.
func findDollars(source string, data map[string]any) (at, end int, msg string) {
	if !strings.Contains(source, "${") && !strings.Contains(source, "%{") {
		return 0, 0, ""
	}
	for _, m := range regexp.MustCompile(`(\$|%)?(?:\$\{~?\s*(\w+)[^}\n]*\}|%\{~?\s*(?:if|for|else|endif|endfor)\b[^}\n]*\})`).FindAllStringSubmatchIndex(source, -1) {
		name := ""
		if m[4] >= 0 {
			name = source[m[4]:m[5]]
		}
		_, known := data[name]
		switch {
		case m[2] >= 0 || name == "node" || name == "vars":
		case name == "":
			return m[0], m[1], "this is a template of Terraform; here a loop is {{ range .items }}{{ . }}{{ end }}, a condition {{ if .tls }}…{{ else }}…{{ end }}, a value {{ .port }}"
		case known:
			return m[0], m[1], fmt.Sprintf("here a value is written {{ .%s }}, and ${%s} stays as it stands", name, name)
		}
	}
	return 0, 0, ""
}
