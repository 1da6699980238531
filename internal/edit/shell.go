package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// decode is the value of an assignment.
func (f rules) decode(text string) (string, error) {
	if f.escaped {
		return decodeEscaped(text)
	}
	if !f.quoted {
		if f.joined && (strings.Contains(text, "\n") || strings.HasSuffix(text, "\\")) {
			return "", errContinued
		}
		if f.sections && strings.HasSuffix(text, "\\") {
			return "", errContinued
		}
		if strings.Contains(text, "\n") { // indented lines
			lines := strings.Split(text, "\n")
			for i, line := range lines {
				lines[i] = strings.TrimSpace(line)
			}
			lines = slices.DeleteFunc(lines, func(line string) bool { return line != "" && strings.IndexByte(f.comments, line[0]) >= 0 })
			return strings.Join(lines, "\n"), nil
		}
		if f.match || f.sections {
			return unquote(text), nil
		}
		return text, nil
	}
	switch {
	case strings.HasSuffix(text, "\\"), strings.Contains(text, "\n"):
		return "", errContinued
	case strings.Contains(text, "$(") || strings.Contains(text, "`"):
		return "", errors.New("the value is made by a command, which is not supported")
	case text == "" || text[0] != '"' && text[0] != '\'':
		if hasVariable(text) {
			return "", errors.New("the value is made of a variable, which is not supported")
		}
		return text, nil
	case len(text) < 2 || text[len(text)-1] != text[0]:
		return "", errContinued
	}
	inner := text[1 : len(text)-1]
	if text[0] == '"' && hasVariable(inner) {
		return "", errors.New("the value is made of a variable, which is not supported")
	}
	if text[0] == '\'' {
		if strings.Contains(inner, "'") {
			return "", errors.New("the value is in more than one pair of quotes, which is not supported")
		}
		return inner, nil
	}
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		switch {
		case inner[i] == '"':
			return "", errors.New("the value is in more than one pair of quotes, which is not supported")
		case inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte("\"\\$`", inner[i+1]) >= 0:
			i++
		}
		out.WriteByte(inner[i])
	}
	return out.String(), nil
}

// hasVariable reports whether a shell would replace something in the text.
func hasVariable(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		switch c := text[i+1]; {
		case text[i] == '\\':
			i++
		case text[i] == '$' && (c == '{' || c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'):
			return true
		}
	}
	return false
}

// unquote takes away the quotes around a whole value.
func unquote(text string) string {
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' && !strings.Contains(text[1:len(text)-1], `"`) {
		return text[1 : len(text)-1]
	}
	return text
}

// checkValue refuses a value that no line of the format can hold, whatever quotes the one has
// that it replaces.
func (f flat) checkValue() error {
	for _, item := range f.Items {
		if strings.ContainsAny(item, "\n\r\x00") {
			return errors.New("a word of the value must be on one line")
		}
	}
	if f.Value == nil || f.Absent || len(f.Items) > 0 {
		return nil
	}
	var first error
	for _, old := range []string{"", `""`, "''"} {
		_, err := f.encode(f.Value, old, f.usualSep())
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// encode writes a value as the one was written that it replaces.
func (f flat) encode(value any, old, sep string) (string, error) {
	text, ok := value.(string)
	switch {
	case !ok:
		return "", fmt.Errorf("the value must be a string in a file of the format %s", f.Format)
	case strings.ContainsAny(text, "\n\r"):
		return "", errors.New("the value must be one line")
	case f.escaped:
		out := encodeEscaped(text, old)
		return out, f.readsBack(out, text)
	case strings.TrimSpace(text) != text && !f.quoted:
		return "", errors.New("the value must not begin or end with a blank")
	}
	quote := ""
	if len(old) > 1 && (old[0] == '"' || f.quoted && old[0] == '\'') && old[len(old)-1] == old[0] {
		quote = old[:1]
	}
	if !f.quoted {
		if quote == `"` && (f.match || f.sections) && unquote(old) != old && !strings.Contains(text, `"`) {
			return `"` + text + `"`, nil
		}
		if f.glued && strings.ContainsAny(text, f.trailing) && !strings.Contains(text, `"`) {
			return `"` + text + `"`, nil
		}
		return text, f.readsBack(text, text)
	}
	if quote == "'" && strings.Contains(text, "'") || quote == "" && strings.TrimSpace(sep) == sep && strings.ContainsAny(text, " \t\"'\\#$;&|<>()*?~`") {
		quote = `"`
	}
	out := text
	switch quote {
	case "'":
		out = "'" + text + "'"
	case `"`:
		out = `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`, "$", `\$`, "`", "\\`").Replace(text) + `"`
	}
	return out, f.readsBack(out, text)
}

// readsBack refuses what would be read as something else: a value that looks like
// one with a comment behind it.
func (f flat) readsBack(text, value string) error {
	got, err := f.decode(text[:f.valueEnd(text)])
	if err != nil || got != value {
		return fmt.Errorf("the value %q cannot be written in a file of the format %s", value, f.Format)
	}
	return nil
}
