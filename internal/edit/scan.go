package edit

import (
	"strings"
)

// assignment is one line that gives a name a value, commented out or not.
type assignment struct {
	section      string
	name         string
	indent, sep  string // blanks before the name, and the separator between it and the value
	from, to     int    // the whole line, and lines that continue it
	value, stop  int    // the value in the file, its quotes included
	commented    bool
	number, next int // its line, and the index of the row behind it
}

// sepFor is the separator between the name and a non-empty value. Behind "key =" the blank is missing only because
// nothing follows it.
func (a *assignment) sepFor() string {
	before := indentOf(a.sep)
	if a.stop > a.value || before == a.sep || isBlank(a.sep[len(a.sep)-1]) {
		return a.sep
	}
	return a.sep + before
}

// parameter is the one spelling of the name of a kernel parameter, see sysctl.d(5): the first separator is the one
// that separates names.
func parameter(name string) string {
	name = strings.TrimPrefix(name, "-")
	if i := strings.IndexAny(name, "./"); i >= 0 && name[i] == '/' {
		return strings.NewReplacer(".", "/", "/", ".").Replace(name)
	}
	return name
}

// scan reads all assignments of a file.
func (f rules) scan(src []byte) []assignment {
	lines := rows(src)
	out := make([]assignment, 0, len(lines))
	section := ""
	inside := f.inside(lines)
	for i := 0; i < len(lines); i++ {
		r := lines[i]
		if inside[i] {
			continue
		}
		if name, ok := f.header(r.text); ok {
			section = name
			continue
		}
		a, ok := f.assign(r)
		if !ok {
			continue
		}
		a.section, a.number, a.next = section, i+1, i+1
		if !a.commented {
			for n := f.continued(lines, inside, a); n > a.next; n = f.continued(lines, inside, a) {
				a.to, a.stop = lines[n-1].end, lines[n-1].start+len(strings.TrimRight(lines[n-1].text, " \t"))
				a.next = n
			}
		}
		out = append(out, a)
		i = a.next - 1
	}
	return out
}

// continued returns the index of the row behind the next one that belongs to a value; without one, that of the row
// behind the value.
func (f rules) continued(lines []row, inside []bool, a assignment) int {
	if a.next < len(lines) && inside[a.next] {
		return a.next + 1
	}
	if !f.indented || a.sep == "" {
		return a.next
	}
	for i, empty := a.next, false; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i].text)
		switch {
		case text == "":
			empty = true
			continue
		case strings.IndexByte(f.comments, text[0]) >= 0:
			continue
		case len(indentOf(lines[i].text)) <= len(a.indent):
			return a.next
		}
		_, header := f.header(lines[i].text)
		own, assigns := f.assign(lines[i])
		if header || empty && assigns && own.sep != "" {
			return a.next
		}
		return i + 1
	}
	return a.next
}

func indentOf(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// header returns the section that a line begins.
func (f rules) header(line string) (string, bool) {
	text := strings.TrimSpace(line)
	if f.sections && strings.HasPrefix(text, "[") {
		if end := strings.IndexByte(text, ']'); end > 0 {
			return strings.TrimSpace(text[1:end]), true
		}
	}
	if i := strings.IndexAny(text, " \t="); f.match && i > 0 && (strings.EqualFold(text[:i], "match") || strings.EqualFold(text[:i], "host")) {
		rest := strings.TrimLeft(text[i:], " \t=")
		if words := strings.Fields(rest[:f.values.end(rest)]); len(words) > 0 {
			return text[:i] + " " + strings.Join(words, " "), true
		}
	}
	return "", false
}

// assign parses a line.
func (f rules) assign(r row) (a assignment, ok bool) {
	text := r.text
	a = assignment{from: r.start, to: r.end, indent: indentOf(text)}
	at := len(a.indent)
	if at < len(text) && strings.IndexByte(f.comments, text[at]) >= 0 {
		a.commented = true
		at++
		if !f.blank && at < len(text) && text[at] == ' ' { // "# name = value"; "# Name value" is prose
			at++
		}
	}
	if f.exported {
		at += len(text[at:]) - len(f.behindBuiltin(text[at:]))
	}
	end := at
	for end < len(text) && f.inName(text[end]) {
		end++
	}
	a.name = strings.TrimRight(text[at:end], " \t")
	at += len(a.name)
	from := at
	at += len(indentOf(text[at:]))
	if f.exact && at > from {
		return a, false
	}
	isSep := at < len(text) && (text[at] == '=' || f.colon && text[at] == ':')
	switch {
	case a.name == "", isBlank(a.name[0]): // more indented than commented-out text: prose
		return a, false
	case isSep && (!f.blank || f.match):
		at++
		if !f.exact {
			at += len(indentOf(text[at:]))
		}
	case !f.blank && !f.optional:
		return f.assignAlone(r, a, from-len(a.name))
	case f.optional && a.commented, at == from && at < len(text):
		return a, false
	}
	a.sep = text[from:at]
	a.value, a.stop = r.start+at, r.start+at+f.syntaxOf(a.name, a.sep).end(text[at:])
	return a, !a.commented || f.isAssignment(a.sep, text[at:a.stop-r.start])
}

// behindBuiltin returns the text behind the command of a shell that makes an assignment, with its options. An
// assignment of local does not belong to the file.
func (f rules) behindBuiltin(text string) string {
	word, rest, ok := strings.Cut(text, " ")
	switch {
	case !ok:
		return text
	case !f.shell:
		if word != "export" {
			return text
		}
		return rest
	case word != "export" && word != "readonly" && word != "declare" && word != "typeset":
		return text
	}
	for rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, "-"); rest = strings.TrimLeft(rest, " \t") {
		if _, rest, ok = strings.Cut(rest, " "); !ok {
			return text
		}
	}
	return rest
}

// inName reports whether a name may contain that character.
func (f rules) inName(c byte) bool {
	switch {
	case c == '=' || f.colon && c == ':' || c == '#' && (f.blank || f.hashes):
		return false
	case f.blank || f.exported || f.optional:
		return !isBlank(c)
	}
	return true
}

// isAssignment distinguishes a commented-out value from prose that begins with the name of a key.
func (f rules) isAssignment(sep, value string) bool {
	words := strings.Fields(value)
	if len(words) == 0 {
		return !f.blank
	}
	quoted := (value[0] == '"' || value[0] == '\'') && strings.IndexByte(value[1:], value[0]) == len(value)-2
	if f.blank {
		return (len(words) <= 2 || quoted) && !strings.HasSuffix(value, ".") && !strings.HasSuffix(value, ",")
	}
	if f.exported && strings.TrimSpace(sep) == sep {
		return len(words) == 1 || quoted
	}
	return len(words) <= 3 || quoted
}

func (f rules) usualSep() string {
	switch {
	case f.blank:
		return " "
	case f.exported:
		return "="
	}
	return " = "
}

func (f rules) isEmpty(text string) bool { return strings.TrimSpace(text) == "" }

// fold returns the one spelling of all names that mean the same key or section.
func (f rules) fold(s string) string {
	if f.kernel {
		return parameter(s)
	}
	if f.match && !strings.Contains(s, " ") {
		return sshName(s)
	}
	if f.dashes {
		return strings.ReplaceAll(s, "-", "_")
	}
	if f.anyCase {
		return strings.ToLower(strings.Join(strings.Fields(s), " "))
	}
	return s
}
