package edit

import (
	"errors"
	"strings"
)

// loginDefs is a value of login.defs(5). The tools of shadow read it up to the first ", those of util-linux and
// libeconf up to a #.
type loginDefs struct{}

func (loginDefs) end(text string) int { return trimmed(text) }

func (loginDefs) decode(text string) (string, error) {
	value, _, _ := strings.Cut(strings.TrimLeft(text, " \t\""), `"`)
	return value, nil
}

func (loginDefs) encode(value, old string) (string, error) {
	switch {
	case strings.ContainsAny(value, "\"#"):
		return "", errors.New("the value has a \" or a # in it, which programs read as its end")
	case strings.HasPrefix(value, "=") || strings.HasPrefix(value, "'"):
		return "", errors.New("the value begins with = or ', which some programs take away")
	case value == "" || isQuoted(old, `"`) && withoutBlanks(value) == nil:
		return `"` + value + `"`, nil // without quotes an empty value would be missing
	}
	return value, withoutBlanks(value)
}

// phpValue is a value of php.ini: an expression of constants, or a text, which needs quotes if it has characters of
// expressions; otherwise PHP stops reading the file.
type phpValue struct{}

func (phpValue) end(text string) int {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ';':
			return trimmed(text[:i])
		}
	}
	return trimmed(text)
}

func (phpValue) decode(text string) (string, error) {
	switch {
	case strings.Contains(text, "${") && !isQuoted(text, "'") && !strings.Contains(text, `\${`):
		return "", errVariable
	case isQuoted(text, "'"):
		if strings.Contains(text[1:len(text)-1], "'") {
			return "", errPairs
		}
		return text[1 : len(text)-1], nil
	case isQuoted(text, `"`):
		return unescape(text[1:len(text)-1], `"\$`)
	case strings.ContainsAny(text, `"'`):
		return "", errPairs
	}
	return text, nil
}

func (p phpValue) encode(value, old string) (string, error) {
	switch {
	case isQuoted(old, "'") && !strings.Contains(value, "'"):
		return "'" + value + "'", nil
	case !isQuoted(old, `"'`) && (p.isText(value) || p.isExpression(value)):
		return value, nil
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`, "${", `\${`).Replace(value) + `"`, nil
}

// isText reports whether a value needs no quotes.
func (phpValue) isText(value string) bool {
	words := strings.Fields(value)
	if strings.ContainsAny(value, "\"';=(){}!|&~^?[]$\\") || strings.TrimSpace(value) != value {
		return false
	}
	for _, w := range words {
		switch strings.ToLower(w) {
		case "true", "on", "yes", "false", "off", "no", "none", "null": // these are not words of a text
			return len(words) == 1
		}
		if len(words) > 1 && strings.ToUpper(w) == w && strings.ToLower(w) != w { // perhaps a constant
			return false
		}
	}
	return true
}

// isExpression reports whether a value consists of constants, like E_ALL & ~E_NOTICE.
func (phpValue) isExpression(value string) bool {
	if strings.TrimSpace(value) != value || strings.Count(value, "(") != strings.Count(value, ")") {
		return false
	}
	isOther := func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	terms := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("|&^", r) })
	for _, term := range terms {
		if name := strings.TrimRight(strings.TrimLeft(strings.Trim(term, " "), "~!("), ")"); name == "" || strings.ContainsFunc(name, isOther) {
			return false
		}
	}
	first := ""
	if len(terms) > 0 {
		first = strings.TrimLeft(terms[0], "~!(")
	}
	ops := strings.Count(value, "|") + strings.Count(value, "&") + strings.Count(value, "^")
	return strings.HasPrefix(first, "E_") && ops == len(terms)-1
}

// mysqlValue is a value of an option file of MySQL and MariaDB: quotes surround all of it, escapes are read with and
// without them, and a # outside of quotes begins a comment.
type mysqlValue struct{}

func (mysqlValue) end(text string) int {
	quote, escaped := byte(0), false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case (c == '"' || c == '\'') && !escaped:
			if quote == 0 {
				quote = c
			} else if quote == c {
				quote = 0
			}
		case c == '#' && quote == 0:
			return trimmed(text[:i])
		}
		escaped = quote != 0 && c == '\\' && !escaped
	}
	return trimmed(text)
}

func (mysqlValue) decode(text string) (string, error) {
	if isQuoted(text, `"'`) {
		text = text[1 : len(text)-1]
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			if at := strings.IndexByte(`ntrbs"'\`, text[i+1]); at >= 0 {
				i++
				c = "\n\t\r\b \"'\\"[at]
			}
		}
		out.WriteByte(c)
	}
	return out.String(), nil
}

func (mysqlValue) encode(value, old string) (string, error) {
	text := strings.ReplaceAll(value, `\`, `\\`)
	switch {
	case isQuoted(old, "'") && !strings.ContainsAny(value, "'"):
		return "'" + text + "'", nil
	case isQuoted(old, `"'`), strings.ContainsAny(value, "#\"'"), strings.TrimSpace(value) != value:
		return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`, nil
	}
	return text, nil
}
