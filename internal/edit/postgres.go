package edit

import (
	"errors"
	"strconv"
	"strings"
)

// postgresValue is a value of postgresql.conf: without quotes, or in single ones, in which
// two quotes mean one and a backslash begins an escape (PostgreSQL, "Parameter
// Interaction via the Configuration File").
type postgresValue struct{}

func (postgresValue) end(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '\'':
			quoted = !quoted
		case c == '#' && !quoted:
			return trimmed(text[:i])
		}
	}
	return trimmed(text)
}

func (postgresValue) decode(text string) (string, error) {
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
			n, char, err := escape(inner[i+1:])
			if err != nil {
				return "", err
			}
			i += n
			out.WriteByte(char)
		}
	}
	return out.String(), nil
}

// escape reads the text behind a backslash: a letter, up to three octal digits, or a character that means itself. It
// returns its length.
func escape(text string) (n int, char byte, err error) {
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

func (postgresValue) encode(value, old string) (string, error) {
	if needsNoQuotes(value) && !strings.HasPrefix(old, "'") {
		return value, nil
	}
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(value) + "'", nil
}

// needsNoQuotes reports whether a value is read unchanged without quotes: a name, or a number with its unit.
func needsNoQuotes(value string) bool {
	const letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "0123456789"
	if value == "" {
		return false
	}
	if strings.IndexByte(letters+"_", value[0]) >= 0 {
		return strings.Trim(value, letters+digits+"_.:/-") == ""
	}
	number := strings.TrimRight(value, letters)
	if number != "" && strings.IndexByte("+-", number[0]) >= 0 {
		number = number[1:]
	}
	whole, part, hasPart := strings.Cut(number, ".")
	return whole != "" && strings.Trim(whole, digits) == "" && (!hasPart || part != "" && strings.Trim(part, digits) == "")
}
