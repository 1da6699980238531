package ignore

import "strings"

// builtIn is the list of a package without a list of its own or of the user. It matches without a regular expression; a
// test compares it with its text.
type builtIn struct{}

func (builtIn) matchesPath(path string) (bool, error) {
	_, ok := builtInPattern(path)
	return ok, nil
}

func (builtIn) findReason(path string) Reason {
	pattern, _ := builtInPattern(path)
	return Reason{Pattern: pattern}
}

// builtInText is the list as a file would contain it.
const builtInText = `
RCS
.+,v
CVS
\.\#.+
\.cvsignore
\.svn
_darcs
\.hg
\.git
\.gitignore
\.gitmodules
.+~
\#.*\#
^/README.*
^/LICENSE.*
^/COPYING
`

// builtInPattern returns the pattern of the list that matches path.
func builtInPattern(path string) (string, bool) {
	switch path[0] {
	case 'R':
		if rest, ok := strings.CutPrefix(path, "README"); ok && anythingThenEnd(rest) {
			return "^/README.*", true
		}
	case 'L':
		if rest, ok := strings.CutPrefix(path, "LICENSE"); ok && anythingThenEnd(rest) {
			return "^/LICENSE.*", true
		}
	case 'C':
		if rest, ok := strings.CutPrefix(path, "COPYING"); ok && (endsComponent(rest) || rest[0] == '/') {
			return "^/COPYING", true
		}
	case '.':
		if isLocalList(path) {
			return localPattern, true
		}
	}
	// $ allows a newline after the name, and a dot matches none within it.
	name := strings.TrimSuffix(baseName(path), "\n")
	if len(name) < 2 || strings.IndexByte(name, '\n') >= 0 {
		return "", false
	}
	return builtInName(name)
}

// builtInName matches whole names, with the patterns that have no slash.
func builtInName(name string) (string, bool) {
	last := name[len(name)-1]
	switch name[0] {
	case 'R', 'C':
		if name == "RCS" || name == "CVS" {
			return name, true
		}
	case '_':
		if name == "_darcs" {
			return name, true
		}
	case '#':
		if last == '#' {
			return `\#.*\#`, true
		}
	case '.':
		switch name {
		case ".cvsignore", ".svn", ".hg", ".git", ".gitignore", ".gitmodules":
			return `\` + name, true
		}
		if name[1] == '#' && len(name) > 2 {
			return `\.\#.+`, true
		}
	}
	switch {
	case last == '~':
		return ".+~", true
	case last == 'v' && len(name) > 2 && name[len(name)-2] == ',':
		return ".+,v", true
	}
	return "", false
}

// endsComponent matches $: the end, or a newline and the end.
func endsComponent(rest string) bool { return rest == "" || rest == "\n" }

// isLocalList matches localPattern.
func isLocalList(path string) bool {
	rest, ok := strings.CutPrefix(path, localName)
	return ok && endsComponent(rest)
}

// anythingThenEnd matches .*(/|$), where the dot matches no newline.
func anythingThenEnd(rest string) bool {
	nl := strings.IndexByte(rest, '\n')
	return nl < 0 || nl == len(rest)-1 || strings.IndexByte(rest[:nl], '/') >= 0
}

// baseName returns the last component of a path. (GNU Stow returns something else when the name of a directory contains
// a newline.)
func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
