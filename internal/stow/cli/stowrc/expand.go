package stowrc

import (
	"fmt"
	"strings"
)

// UndefinedError is a variable that a path names and that is not set.
type UndefinedError struct{ Source, Name string }

func (e *UndefinedError) Error() string {
	return fmt.Sprintf("%s references undefined environment variable $%s; aborting!", e.Source, e.Name)
}

// Expander is what a path may refer to.
type Expander struct {
	Lookup func(name string) (string, bool) // of the environment
	Home   func(user string) string         // "" for one's own; "" is the answer when there is no such user
}

// Path expands ${VAR}, then $VAR (in the result of the first, too), then a
// leading ~ or ~user. "\$" and "\~" are the literal characters. Source is the
// path's origin, for the [UndefinedError].
func (e *Expander) Path(path, source string) (string, error) {
	path, err := e.expandVariables(path, source, bracedName)
	if err != nil {
		return "", err
	}
	if path, err = e.expandVariables(path, source, bareName); err != nil {
		return "", err
	}
	path = strings.ReplaceAll(path, `\$`, `$`)
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		user, tail := rest, ""
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			user, tail = rest[:i], rest[i:]
		}
		path = e.Home(user) + tail
	}
	return strings.ReplaceAll(path, `\~`, `~`), nil
}

// expandVariables replaces one spelling of variables. name parses the text behind a
// dollar sign and returns the variable and the length of its spelling.
func (e *Expander) expandVariables(path, source string, name func(string) (string, int)) (string, error) {
	var b strings.Builder
	for i := 0; i < len(path); {
		if path[i] == '$' && (i == 0 || path[i-1] != '\\') {
			if v, n := name(path[i+1:]); n > 0 {
				value, ok := e.Lookup(v)
				if !ok {
					return "", &UndefinedError{Source: source, Name: v}
				}
				b.WriteString(value)
				i += 1 + n
				continue
			}
		}
		b.WriteByte(path[i])
		i++
	}
	return b.String(), nil
}

// bracedName reads {NAME}; blanks may be in it.
func bracedName(s string) (string, int) {
	if s == "" || s[0] != '{' {
		return "", 0
	}
	i := 1
	for i < len(s) && (isWord(s[i]) || isBlank(s[i])) {
		i++
	}
	if i == 1 || i == len(s) || s[i] != '}' {
		return "", 0
	}
	return s[1:i], i + 1
}

func bareName(s string) (string, int) {
	i := 0
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return s[:i], i
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
