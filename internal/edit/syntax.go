package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// syntax is the notation of a dialect's values: quotes, escapes, and comments behind them.
type syntax interface {
	// end returns the length of the value at the beginning of a text.
	end(text string) int

	// decode returns the value that the program reads.
	decode(text string) (string, error)

	// encode writes a value, if possible with the quotes of the text that it replaces.
	encode(value, old string) (string, error)
}

// trimmed returns the length of a text without the blanks at its end.
func trimmed(text string) int { return len(strings.TrimRight(text, " \t")) }

// isQuoted reports whether a text begins and ends with one of the quotes.
func isQuoted(text, quotes string) bool {
	return len(text) > 1 && strings.IndexByte(quotes, text[0]) >= 0 && text[len(text)-1] == text[0]
}

// raw is a literal value: quotes belong to it, and so does the text after a blank.
type raw struct{}

func (raw) end(text string) int                    { return trimmed(text) }
func (raw) decode(text string) (string, error)     { return text, nil }
func (raw) encode(value, _ string) (string, error) { return value, withoutBlanks(value) }

// withoutBlanks refuses blanks that the program would remove.
func withoutBlanks(value string) error {
	if strings.TrimSpace(value) != value {
		return errors.New("the value must not begin or end with a blank")
	}
	return nil
}

// continued is raw for files in which a backslash at the end of a line continues it.
type continued struct{ raw }

func (continued) decode(text string) (string, error) {
	if strings.Contains(text, "\n") || strings.HasSuffix(text, "\\") {
		return "", errContinued
	}
	return text, nil
}

func (c continued) encode(value, _ string) (string, error) {
	if strings.HasSuffix(value, "\\") {
		return "", errors.New("the value must not end with a backslash: the next line would be a part of it")
	}
	return value, withoutBlanks(value)
}

// indented is continued for files in which an indented line continues the one above.
type indented struct{ continued }

func (i indented) decode(text string) (string, error) {
	if strings.HasSuffix(text, "\\") {
		return "", errContinued
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line != "" && strings.IndexByte("#;", line[0]) >= 0 }), "\n"), nil
}

// decode returns the value of an assignment in the file.
func (f rules) decode(name, sep, text string) (string, error) {
	return f.syntaxOf(name, sep).decode(text)
}

// checkValue refuses a value that no line of the format can hold.
func (f flat) checkValue() error {
	for _, item := range f.Items {
		if strings.ContainsAny(item, "\n\r\x00") {
			return errors.New("a word of the value must be on one line")
		}
	}
	value := f.Value
	if len(f.Items) > 0 {
		value = strings.Join(f.Items, f.Separator)
	}
	if value == nil || f.Absent {
		return nil
	}
	_, err := f.encode(value, "", f.usualSep())
	return err
}

// encode writes a value behind a separator, in place of an old one.
func (f flat) encode(value any, old, sep string) (string, error) {
	return f.encodeBefore("", value, old, sep)
}

// encodeOver writes a value over that of an assignment.
func (f flat) encodeOver(src []byte, a assignment, value any, sep string) (string, error) {
	behind, _, _ := strings.Cut(string(src[a.stop:a.to]), "\n")
	return f.encodeBefore(strings.TrimSuffix(behind, "\r"), value, string(src[a.value:a.stop]), sep)
}

// encodeBefore writes a value before the text that follows it in its line. It adds quotes if the value is read
// differently without them.
func (f flat) encodeBefore(behind string, value any, old, sep string) (string, error) {
	text, ok := value.(string)
	if b, is := value.(bool); is {
		text, ok = f.Dialect.WriteBool(b), true
	}
	switch {
	case !ok:
		return "", fmt.Errorf("the value must be a string in a file of the format %s", f.Format)
	case strings.ContainsAny(text, "\n\r"):
		return "", errors.New("the value must be one line")
	}
	var first error
	for _, like := range []string{old, `""`, "''"} {
		out, err := f.syntaxOf(f.Key, sep).encode(text, like)
		if err == nil {
			if err = f.readsBack(sep, out, behind, text); err == nil {
				return out, nil
			}
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

// readsBack refuses a line that would be read as something else.
func (f flat) readsBack(sep, text, behind, value string) error {
	if f.blank && sep == "" {
		sep = " "
	}
	line := f.Key + sep + text + behind
	a, ok := f.assign(row{text: line, end: len(line)})
	if ok && !a.commented && a.name == f.Key {
		got, err := f.decode(f.Key, sep, line[a.value:a.stop])
		if err == nil && got == value {
			return nil
		}
	}
	return fmt.Errorf("the value cannot be written in a file of the format %s: a part of it, or what is behind it, would be read as a comment, a separator or quotes", f.Format)
}
