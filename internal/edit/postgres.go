package edit

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// decodeEscaped is a value of postgresql.conf: without quotes, or in single ones, in which
// two quotes mean one and a backslash begins an escape (PostgreSQL, "Parameter
// Interaction via the Configuration File").
func decodeEscaped(text string) (string, error) {
	if text == "" || text[0] != '\'' {
		return text, nil
	}
	if len(text) < 2 || text[len(text)-1] != '\'' {
		return "", errMore
	}
	inner := text[1 : len(text)-1]
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '\'' && i+1 < len(inner) && inner[i+1] == '\'':
			i++
			out.WriteByte('\'')
		case c == '\'':
			return "", errMore
		case c != '\\':
			out.WriteByte(c)
		default:
			n, char, err := unescape(inner[i+1:])
			if err != nil {
				return "", err
			}
			i += n
			out.WriteByte(char)
		}
	}
	return out.String(), nil
}

// unescape reads the text behind a backslash: a letter, up to three octal digits, or a
// character that means itself. It returns how long that is.
func unescape(text string) (n int, char byte, err error) {
	if text == "" {
		return 0, 0, errMore
	}
	if i := strings.IndexByte("bfnrt", text[0]); i >= 0 {
		return 1, "\b\f\n\r\t"[i], nil
	}
	for n < len(text) && n < 3 && '0' <= text[n] && text[n] <= '7' {
		n++
	}
	if n == 0 {
		return 1, text[0], nil
	}
	code, err := strconv.ParseUint(text[:n], 8, 8)
	if err != nil {
		return 0, 0, errors.New("the value has an octal escape of more than one byte, which is not supported")
	}
	return n, byte(code), nil
}

// encodeEscaped writes a value of postgresql.conf, in quotes where it needs them or the
// old one has them.
func encodeEscaped(value, old string) string {
	if needsNoQuotes(value) && !strings.HasPrefix(old, "'") {
		return value
	}
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(value) + "'"
}

// needsNoQuotes reports whether a value is read without quotes as it is: a name, or a number
// with its unit.
func needsNoQuotes(value string) bool {
	ok, err := regexp.MatchString(`^([A-Za-z_][A-Za-z0-9_.:/-]*|[+-]?[0-9]+(\.[0-9]+)?[A-Za-z]*)$`, value)
	return ok && err == nil
}
