package ignore

import (
	"fmt"
	"strings"

	"converge/internal/stow/perlre"
)

// localName is the file of a package's list, at its top.
const localName = ".stow-local-ignore"

// globalName is the file of a user's list, in the home directory.
const globalName = ".stow-global-ignore"

// blanks are what Perl's \s matches.
const blanks = " \t\n\v\f\r"

// localPattern keeps a package's list out of the target, whichever list applies.
const localPattern = `^/\.stow-local-ignore$`

// fileList is a list from a file.
type fileList struct {
	file     string
	lines    []line
	plains   []plain        // of the last component, if it has no newline
	others   *perlre.Regexp // the others; nil: none
	names    *perlre.Regexp // of the last component, all of them; nil: not compiled yet, or none
	paths    *perlre.Regexp // of "/" and the path; nil: none but localPattern
	nameText string         // the lines of names
	pathText string
}

// newFileList compiles a list. A pattern with a slash is matched against the whole path, any other against a name.
func newFileList(file, text string) (*fileList, error) {
	l := &fileList{file: file, lines: parseList(text)}
	var names, paths []string
	for _, li := range l.lines {
		if strings.Contains(li.pattern, "/") {
			paths = append(paths, li.pattern)
		} else {
			names = append(names, li.pattern)
		}
	}
	var err error
	if len(names) > 0 {
		l.nameText = strings.Join(names, "|")
		err = l.compileNames(names)
	}
	if err == nil && len(paths) > 0 {
		l.pathText = strings.Join(append(paths, localPattern), "|")
		l.paths, err = perlre.Compile(pathRE(l.pathText))
	}
	if err != nil {
		return nil, l.blameLine(err)
	}
	return l, nil
}

// compileNames compiles as little as possible.
func (l *fileList) compileNames(names []string) error {
	plains, others, ok := splitPlain(names)
	if !ok {
		return l.compileAll()
	}
	l.plains = plains
	if len(others) == 0 {
		return nil
	}
	var err error
	l.others, err = perlre.Compile(nameRE(strings.Join(others, "|")))
	return err
}

func (l *fileList) compileAll() (err error) {
	l.names, err = perlre.Compile(nameRE(l.nameText))
	return err
}

// matchesName matches the last component of a path.
func (l *fileList) matchesName(name string) (bool, error) {
	if l.nameText == "" {
		return false, nil
	}
	split := l.plains != nil || l.others != nil
	if split && strings.IndexByte(name, '\n') < 0 {
		for _, p := range l.plains {
			if p.match(name) {
				return true, nil
			}
		}
		if l.others == nil {
			return false, nil
		}
		return l.others.Try(name)
	}
	if l.names == nil {
		if err := l.compileAll(); err != nil {
			return false, err
		}
	}
	return l.names.Try(name)
}

func nameRE(pattern string) string { return "^(" + pattern + ")$" }

func pathRE(pattern string) string { return "(^|/)(" + pattern + ")(/|$)" }

// compileLine compiles one line as if it were alone in a list.
func (li line) compileLine() (*perlre.Regexp, error) {
	if strings.Contains(li.pattern, "/") {
		return perlre.Compile(pathRE(li.pattern))
	}
	return perlre.Compile(nameRE(li.pattern))
}

// blameLine finds the line because of which a list does not compile.
func (l *fileList) blameLine(err error) error {
	for _, li := range l.lines {
		if _, alone := li.compileLine(); alone != nil {
			return fmt.Errorf("cannot use the ignore list %s: line %d: %w", l.file, li.number, blameText(li.pattern, alone))
		}
	}
	return fmt.Errorf("cannot use the ignore list %s: its lines, joined: %w", l.file, err)
}

func (l *fileList) matchesPath(path string) (bool, error) {
	ok, err := isLocalList(path), error(nil)
	if !ok && l.paths != nil {
		ok, err = l.paths.Try("/" + path)
	}
	if !ok && err == nil {
		ok, err = l.matchesName(baseName(path))
	}
	if err != nil {
		return false, fmt.Errorf("cannot match %q with the ignore list %s: %w", path, l.file, err)
	}
	return ok, nil
}

// findReason finds the line that matches on its own; lines that only match together are
// reported together.
func (l *fileList) findReason(path string) Reason {
	r := Reason{File: l.file, Pattern: localPattern}
	if isLocalList(path) {
		return r
	}
	for _, li := range l.lines {
		re, err := li.compileLine()
		if err != nil {
			continue
		}
		subject := baseName(path)
		if strings.Contains(li.pattern, "/") {
			subject = "/" + path
		}
		if re.Match(subject) {
			return Reason{File: l.file, Line: li.number, Pattern: li.pattern}
		}
	}
	r.Pattern = l.nameText
	if l.paths != nil && l.paths.Match("/"+path) {
		r.Pattern = l.pathText
	}
	return r
}

// line is a pattern of a list.
type line struct {
	number  int // from 1; 0 is the pattern that is in every list
	pattern string
}

// parseList parses a list: one pattern a line, without duplicates. A comment starts the line or follows a blank; \# is a
// number sign.
func parseList(text string) []line {
	var lines []line
	seen := map[string]bool{}
	number := 0
	for raw := range strings.Lines(text) {
		number++
		p := strings.Trim(raw, blanks)
		if p == "" || p[0] == '#' {
			continue
		}
		p = strings.ReplaceAll(cutComment(p), `\#`, "#")
		if !seen[p] {
			seen[p] = true
			lines = append(lines, line{number, p})
		}
	}
	return lines
}

// cutComment removes a comment and the blanks before it. A # at the end is not a comment: "foo #" is a pattern.
func cutComment(p string) string {
	start := -1 // of the blanks before i
	for i := range len(p) - 1 {
		switch {
		case strings.IndexByte(blanks, p[i]) >= 0:
			if start < 0 {
				start = i
			}
		case p[i] == '#' && start >= 0:
			return p[:start]
		default:
			start = -1
		}
	}
	return p
}
