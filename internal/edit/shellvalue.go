package edit

import (
	"errors"
	"strings"
	"unicode"
)

var (
	errVariable = errors.New("the value is made of a variable, which is not supported")
	errCommand  = errors.New("the value is made by a command, which is not supported")
	errPairs    = errors.New("the value is in more than one pair of quotes, which is not supported")
)

// shellWord is the value of an assignment of sh. Files of systemd's EnvironmentFile= read its output in the same way.
type shellWord struct{}

func (shellWord) end(text string) int { return beforeComment(text) }

// beforeComment returns the length of a text without a comment, which begins behind a blank
// and outside of quotes.
func beforeComment(text string) int {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' && (i == 0 || isBlank(text[i-1])):
			return trimmed(text[:i])
		}
	}
	return trimmed(text)
}

func (shellWord) decode(text string) (string, error) {
	if strings.HasPrefix(text, "~") || strings.Contains(text, ":~") && !isQuoted(text, `"'`) {
		return "", errVariable // a home
	}
	if strings.Contains(text, "\n") {
		return "", errContinued
	}
	var out strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c, rest := text[i], text[i+1:]
		switch {
		case quote == '\'' && c != '\'':
		case c == quote:
			quote = 0
			continue
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
			continue
		case c == '`' || c == '$' && strings.HasPrefix(rest, "("):
			return "", errCommand
		case c == '$' && expands(rest):
			return "", errVariable
		case c == '\\' && rest == "":
			return "", errContinued
		case c == '\\' && (quote == 0 || strings.IndexByte("\"\\$`", rest[0]) >= 0):
			i++
			c = rest[0]
		case quote == 0 && c == '(' && out.Len() == 0 && !strings.HasSuffix(text, ")"):
			return "", errContinued
		case quote == 0 && strings.IndexByte(" \t;&|<>()", c) >= 0:
			return "", errMore
		}
		out.WriteByte(c)
	}
	if quote != 0 {
		return "", errContinued
	}
	return out.String(), nil
}

// expands reports whether a shell replaces a $ before that text.
func expands(rest string) bool {
	if rest == "" {
		return false
	}
	c := rest[0]
	return c == '{' || c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("@*#?!-$\"'", c) >= 0
}

func (shellWord) encode(value, old string) (string, error) {
	switch {
	case isQuoted(old, "'") && !strings.Contains(value, "'"):
		return "'" + value + "'", nil
	case isQuoted(old, `"'`), !isPlainWord(value):
		return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`, "$", `\$`, "`", "\\`").Replace(value) + `"`, nil
	}
	return value, nil
}

// isPlainWord reports whether every shell and every reader of .env files takes a value literally.
func isPlainWord(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool {
		return r >= 0x80 && !unicode.IsGraphic(r) || unicode.IsSpace(r) || r < 0x80 && (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("_-./:,+@%=", r)
	})
}

// loose is a value of files of `name = value` that no shell reads: quotes may surround it.
type loose struct{}

func (loose) end(text string) int { return beforeComment(text) }

func (loose) decode(text string) (string, error) {
	switch {
	case strings.HasSuffix(text, "\\"), strings.Contains(text, "\n"):
		return "", errContinued
	case text == "", text[0] != '"' && text[0] != '\'':
		return text, nil
	case !isQuoted(text, `"'`):
		return "", errContinued
	case text[0] == '"':
		return unescape(text[1:len(text)-1], "\"\\$`")
	case strings.Contains(text[1:len(text)-1], "'"):
		return "", errPairs
	}
	return text[1 : len(text)-1], nil
}

// unescape returns the text between double quotes, in which a backslash escapes some characters.
func unescape(inner, escaped string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		switch {
		case inner[i] == '"':
			return "", errPairs
		case inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte(escaped, inner[i+1]) >= 0:
			i++
		}
		out.WriteByte(inner[i])
	}
	return out.String(), nil
}

func (loose) encode(value, old string) (string, error) {
	if isQuoted(old, `"'`) {
		return shellWord{}.encode(value, old)
	}
	return value, withoutBlanks(value)
}
