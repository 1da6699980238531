package render

import (
	"fmt"
	"regexp"
	"strings"
)

// explainAction describes the error in one action, on the line that the parser gives.
func (e *RenderError) explainAction(source string, actions []action, data map[string]any) {
	a, word := findAction(source, actions, e.Line, e.Msg)
	if a == nil {
		return
	}
	e.mark(source, a.at, a.end)
	if !a.closed && !strings.HasPrefix(e.Msg, "unterminated") {
		e.Msg = "what begins with {{ ends with }}, and here that is missing"
		return
	}
	if name, ok := quotedIn(e.Msg, `^function "(.*?)" not defined`); ok {
		if at, ok := a.find(source, name); ok {
			e.mark(source, at, at+len(name))
		}
		if !isImpure(name) {
			e.Msg = explainFunction(name, *a, data)
		}
		return
	}
	if at, ok := a.find(source, word); word != "" && ok {
		e.mark(source, at, at+len(word))
	}
	if msg := a.explainText(e.Msg, word); msg != "" {
		e.Msg = msg
	}
}

// findAction returns the action that an error of the parser concerns, and the word in it that the error quotes.
func findAction(source string, actions []action, line int, msg string) (*action, string) {
	word := ""
	for _, pattern := range []string{`^function "(.*?)" not defined`, `^unexpected bad character U\+\w+ '(.*)'`, `^bad character U\+\w+ '(.*)'`, `^undefined variable "(.*?)"`,
		`^unexpected "(.*?)" in `, `^unexpected <(.*?)> in `, `^malformed character constant: (.*)$`, `^(?:bad|illegal) number syntax: "(.*?)"`, `^missing value for (if|range|with|define)`} {
		if w, ok := quotedIn(msg, pattern); ok {
			word = w
			break
		}
	}
	var first *action
	for i := range actions {
		a := &actions[i]
		from := 1 + strings.Count(source[:a.at], "\n")
		if line < from || line > from+strings.Count(source[a.at:a.end], "\n") || strings.HasSuffix(msg, " in end") && a.keyword() != "end" {
			continue
		}
		if _, ok := a.find(source, word); ok && (word != "" || !a.closed) {
			return a, word
		}
		if first == nil || word == "" && a.text == "" {
			first = a
		}
	}
	return first, word
}

func quotedIn(msg, pattern string) (string, bool) {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(msg); m != nil {
		return m[1], true
	}
	return "", false
}

// explainText suggests a replacement for an action that the parser refuses; "" if none is known.
func (a action) explainText(msg, word string) string {
	switch key := a.keyword(); {
	case strings.HasPrefix(msg, "unterminated") && !strings.Contains(msg, "character constant"):
		return "a text in quotes is not closed"
	case strings.Contains(msg, "character constant"):
		return "a text has double quotes: {{ if eq .os \"debian\" }}"
	case strings.HasPrefix(msg, "unclosed left paren"):
		return "a parenthesis is opened and not closed"
	case strings.HasPrefix(msg, "unexpected right paren") || strings.HasPrefix(msg, `unexpected ")"`):
		return "a parenthesis is closed that was not opened"
	case strings.Contains(msg, "comment"):
		return "a comment is written {{/* … */}}, without blanks between the braces and the stars"
	case key == "end":
		return fmt.Sprintf("{{ end }} stands alone, without %q", strings.TrimSpace(strings.TrimPrefix(a.text, "end")))
	case strings.HasPrefix(msg, "undefined variable"):
		return fmt.Sprintf("%s is set nowhere before; {{ %s := .port }} sets it, and a variable of the manifest is {{ .%s }}", word, word, strings.TrimPrefix(word, "$"))
	case strings.HasPrefix(msg, "missing value for command") || a.text == "":
		return "between {{ and }}, and on both sides of |, a value is expected, such as .port"
	case strings.HasPrefix(msg, "missing value for"):
		return fmt.Sprintf("behind %s a value is missing: {{ %s .NAME }}", word, word)
	case strings.HasPrefix(msg, "non executable command"):
		return "behind | stands a function: {{ .name | upper }}"
	case strings.HasPrefix(msg, "expected end; found"):
		return "one {{ if }} has two {{ else }}; a second condition is {{ else if .NAME }}"
	case strings.Contains(msg, "outside {{range}}"):
		return fmt.Sprintf("{{ %s }} stands only between {{ range }} and its {{ end }}", key)
	}
	if msg := explainOperator(msg, word); msg != "" {
		return msg
	}
	if word != "" {
		return fmt.Sprintf("%q cannot stand here", word)
	}
	return ""
}

// explainOperator suggests a replacement for an operator of other languages; "" if the error concerns none.
func explainOperator(msg, word string) string {
	if !strings.Contains(msg, "bad character") && !strings.HasPrefix(msg, "unexpected ") && !strings.Contains(msg, "number syntax") {
		return ""
	}
	forms := map[string]string{
		"=": `two values are compared by eq: {{ if eq .os "debian" }}; a variable is set by {{ $x := .port }}`,
		"!": `what is denied has not in front of it, or is compared by ne: {{ if not .tls }}, {{ if ne .os "debian" }}`,
		"&": "two conditions are joined by and: {{ if and .tls .port }}",
		"|": "of two conditions one holds by or: {{ if or .tls .port }}",
		"<": "numbers are compared by lt and le: {{ if lt .port 1024 }}",
		">": "numbers are compared by gt and ge: {{ if gt .port 1024 }}",
		"+": "numbers are added by add: {{ add .port 1 }}; texts are joined by print: {{ print .a .b }}",
		"-": "numbers are subtracted by sub: {{ sub .port 1 }}",
		"*": "numbers are multiplied by mul: {{ mul .workers 2 }}",
		"/": "numbers are divided by div: {{ div .memory 2 }}",
		"%": "the rest of a division is {{ mod .a .b }}",
		"[": "an element is taken by index: {{ index .ports 0 }}, {{ index .users \"max\" }}",
		"]": "an element is taken by index: {{ index .ports 0 }}, {{ index .users \"max\" }}",
		"?": `a choice is {{ if .tls }}on{{ else }}off{{ end }}, or {{ ternary "on" "off" .tls }}`,
		":": `a choice is {{ if .tls }}on{{ else }}off{{ end }}, or {{ ternary "on" "off" .tls }}; a variable is set by :=`,
		"(": `a function has no parentheses around its arguments: {{ default "x" .name }}`,
		",": `the arguments of a function stand one behind the other, without commas: {{ default "x" .name }}`,
		"'": `a text has double quotes: {{ if eq .os "debian" }}`,
		"{": "between {{ and }} stand no further braces; a map is made by dict",
		"}": "what begins with {{ ends with }}",
		";": "between {{ and }} stands one expression, without a semicolon",
		"#": "a comment is written {{/* … */}}",
		"@": "a variable is written {{ .name }}, without @",
		"$": "a variable is written {{ .name }}, without ${ }",
	}
	for _, r := range word {
		return forms[string(r)]
	}
	return ""
}
