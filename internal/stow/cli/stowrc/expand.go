package stowrc

import (
	"fmt"
	"regexp"
	"strings"
)

// UndefinedError is an unset variable in a path.
type UndefinedError struct{ Source, Name string }

func (e *UndefinedError) Error() string {
	return fmt.Sprintf("%s references undefined environment variable $%s; aborting!", e.Source, e.Name)
}

// Expander holds what a path may refer to.
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
		user, _, _ := strings.Cut(rest, "/")
		path = e.Home(user) + rest[len(user):]
	}
	return strings.ReplaceAll(path, `\~`, `~`), nil
}

// The spellings of variables behind a dollar sign. Blanks may be in a name in braces.
const (
	bracedName = `\{([\w \t\n\v\f\r]+)\}`
	bareName   = `(\w+)`
)

// expandVariables replaces variables of one spelling, except those after a backslash.
func (e *Expander) expandVariables(path, source, spelling string) (string, error) {
	var missing error
	variable := regexp.MustCompile(`\\?\$` + spelling)
	path = variable.ReplaceAllStringFunc(path, func(found string) string {
		name := variable.FindStringSubmatch(found)[1]
		value, ok := e.Lookup(name)
		switch {
		case found[0] == '\\':
			return found
		case !ok && missing == nil:
			missing = &UndefinedError{Source: source, Name: name}
		}
		return value
	})
	return path, missing
}
