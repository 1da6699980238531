package ignore

import "strings"

// builtIn is the list of a package that has none and whose user has none. It
// is matched by hand; a test holds it to its text.
type builtIn struct{}

func (builtIn) matchesPath(path string) (bool, error) {
	_, ok := builtInPattern(path)
	return ok, nil
}

func (builtIn) findReason(path string) Reason {
	pattern, _ := builtInPattern(path)
	return Reason{Pattern: pattern}
}

// builtInText is the list as one would write it into a file.
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

// builtInPattern is the pattern of the list that matches path.
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
	// What $ allows after the name, and what no dot matches within it.
	name := strings.TrimSuffix(baseName(path), "\n")
	if len(name) < 2 || strings.IndexByte(name, '\n') >= 0 {
		return "", false
	}
	return builtInName(name)
}

// builtInName matches what has no slash: whole names.
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

// endsComponent is $: the end, or a newline and the end.
func endsComponent(rest string) bool { return rest == "" || rest == "\n" }

// isLocalList matches localPattern.
func isLocalList(path string) bool {
	rest, ok := strings.CutPrefix(path, localName)
	return ok && endsComponent(rest)
}

// anythingThenEnd is .*(/|$), where the dot matches no newline.
func anythingThenEnd(rest string) bool {
	nl := strings.IndexByte(rest, '\n')
	return nl < 0 || nl == len(rest)-1 || strings.IndexByte(rest[:nl], '/') >= 0
}

// baseName is the last component of a path. (GNU Stow takes something else when
// the name of a directory holds a newline.)
func baseName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
