package version

import "strings"

// IsName reports whether a directory that nothing else says is a version may be
// taken for one: its name holds a digit, and is no dotfile's. So ordinary
// packages such as bin/.local/bin, .emacs.d/lib and texmf/share are not taken
// for packages with versions (question 3 of the protocol).
func IsName(name string) bool {
	return strings.ContainsAny(name, "0123456789") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "dot-")
}
