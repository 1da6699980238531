package edit

import (
	"errors"
	"strings"
)

// pamValue is a value of /etc/environment as pam_env(8) reads it: there are no escapes, a # begins a comment even in
// quotes, blanks at the end belong to the value, and any quote at its end closes one at its beginning.
type pamValue struct{}

func (pamValue) end(text string) int { return len(text) }

func (pamValue) decode(text string) (string, error) {
	text, _, commented := strings.Cut(text, "#")
	if strings.Contains(text, "\n") || !commented && strings.HasSuffix(text, "\\") {
		return "", errContinued
	}
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return text, nil
	}
	text = text[1:]
	if text != "" && strings.IndexByte(`"'`, text[len(text)-1]) >= 0 {
		text = text[:len(text)-1]
	}
	return text, nil
}

// encode prefers a form that a shell reads in the same way.
func (pamValue) encode(value, old string) (string, error) {
	quote := `"`
	switch {
	case strings.Contains(value, "#"):
		return "", errors.New("the value has a # in it, which begins a comment in this file, even in quotes: pam_env cannot read such a value")
	case isQuoted(old, "'") && !strings.Contains(value, "'"), strings.ContainsAny(value, "\"$\\`") && !strings.Contains(value, "'"):
		quote = "'"
	case !isQuoted(old, `"'`) && isPlainWord(value):
		quote = ""
	}
	return quote + value + quote, nil
}

// dotenv is a value of a .env file. Its many readers agree on words without special characters, and on most texts in
// quotes; a text that some of them read differently is refused.
type dotenv struct{}

func (dotenv) end(text string) int {
	from := 1
	if isQuote(text) {
		if from = closing(text) + 1; from == 1 {
			return trimmed(text)
		}
	}
	for i := from; i < len(text); i++ {
		if text[i] == '#' && isBlank(text[i-1]) {
			return trimmed(text[:i])
		}
	}
	return trimmed(text)
}

func isQuote(text string) bool { return text != "" && (text[0] == '"' || text[0] == '\'') }

// closing returns the index of the quote that ends a text in quotes; 0 if it has no end.
func closing(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i
		}
	}
	return 0
}

func (dotenv) decode(text string) (string, error) {
	switch {
	case text == "":
		return "", nil
	case !isQuote(text):
		if strings.ContainsAny(text, "\"'`\\#") || strings.HasPrefix(text, "(") || hasVariable(text) {
			return "", errDisagree
		}
		return text, nil
	case closing(text) == 0 || strings.Contains(text, "\n"):
		return "", errContinued
	case closing(text) < len(text)-1:
		return "", errMore
	}
	value := text[1 : len(text)-1]
	if text[0] == '"' && (strings.ContainsAny(value, "\\`") || hasVariable(value)) || strings.Contains(value, `\\`) || strings.Contains(value, `\'`) || strings.Contains(value, "${") {
		return "", errDisagree
	}
	return value, nil
}

var errDisagree = errors.New("programs that read .env files do not agree on what this value is")

// replaces reports whether a text may replace a value although programs read it differently: the setting wants another
// value in any case, or the file had this text before.
func (f flat) replaces(text string) bool {
	return f.Items == nil && (f.Back || f.Value != any(text))
}

// hasVariable reports whether a shell would replace something in a text.
func hasVariable(text string) bool {
	for i := range text {
		if text[i] == '$' && expands(text[i+1:]) {
			return true
		}
	}
	return false
}

func (dotenv) encode(value, old string) (string, error) {
	single := !strings.Contains(value, "'")
	switch {
	case strings.ContainsAny(value, "'") && strings.ContainsAny(value, "\"\\$`"):
		return "", errors.New("the value has a ' and one of \" \\ $ ` in it: " + errDisagree.Error())
	case strings.Contains(value, `\\`), strings.HasSuffix(value, `\`):
		return "", errors.New("the value has two backslashes in a row, or one at its end: " + errDisagree.Error())
	case strings.Contains(value, "${"):
		return "", errors.New("the value has ${ in it, which some programs replace even in quotes: " + errDisagree.Error())
	case isQuoted(old, "'") && single, strings.ContainsAny(value, "\"\\$`"):
		return "'" + value + "'", nil
	case isQuoted(old, `"'`), !isPlainWord(value):
		return `"` + value + `"`, nil
	}
	return value, nil
}
