package edit

import (
	"errors"
	"fmt"
	"strings"
)

// flat is the grammar of files of lines: keyvalue, space and ini.
type flat struct {
	*Setting
	rules
}

func (f flat) section() string { return strings.Join(f.Section, ".") }

func (f flat) sameSection(name string) bool {
	if f.match {
		return strings.EqualFold(strings.Join(strings.Fields(name), " "), strings.Join(strings.Fields(f.section()), " "))
	}
	return name == f.section()
}

// assignments reads all assignments of a file.
func (f flat) assignments(src []byte) []assignment {
	all, _ := recall(f.memo, src, f.rules, func() ([]assignment, error) { return f.scan(src), nil }) // which never fails
	return all
}

// namesOf is the key, in a memo, of the index of names by some rules.
type namesOf struct{ rules rules }

// found returns the assignments of the key, in order.
func (f flat) found(src []byte) (live, commented []assignment) {
	all, name := f.assignments(src), f.fold(f.Key)
	if f.memo.isIndexed(src) {
		names, _ := recall(f.memo, src, namesOf{f.rules}, func() (map[string][]assignment, error) {
			names := make(map[string][]assignment, len(all))
			for _, a := range all {
				names[f.fold(a.name)] = append(names[f.fold(a.name)], a)
			}
			return names, nil
		})
		all = names[name]
	}
	for _, a := range all {
		switch {
		case f.fold(a.name) != name || !f.sameSection(a.section):
		case a.commented:
			commented = append(commented, a)
		default:
			live = append(live, a)
		}
	}
	return live, commented
}

func (f flat) find(src []byte) (*place, error) {
	live, _ := f.found(src)
	if len(live) == 0 {
		return nil, nil
	}
	if f.quoted && len(live) > 1 && f.Several != KeepSeveral {
		if n := insideCommand(readRows(f.memo, src), live); n > 0 {
			return nil, &LineError{n, fmt.Errorf("%s is set here, inside a command, and at other lines too: which one counts is not known", f.Key)}
		}
	}
	if len(live) > 1 && f.Several == RefuseSeveral {
		return nil, &LineError{live[1].number, fmt.Errorf("%s is set here and at line %d; duplicates = \"remove\" keeps only the one that counts", f.Key, live[0].number)}
	}
	counts := live[len(live)-1]
	if f.first {
		counts = live[0]
	}
	text := string(src[counts.value:counts.stop])
	value, err := f.decode(text)
	if err == nil && f.isShell(counts.sep) && f.isMore(text) {
		err = errMore
	}
	if err != nil {
		return nil, &LineError{counts.number, err}
	}
	return &place{value: value, line: counts.number, at: counts, more: len(live) > 1}, nil
}

func (f flat) write(src []byte, p *place, value any) ([]Splice, error) {
	counts, _ := p.at.(assignment)
	text, err := f.encode(value, string(src[counts.value:counts.stop]), counts.sep)
	if err != nil {
		return nil, &LineError{p.line, err}
	}
	sep := ""
	if f.blank && counts.sep == "" {
		sep = " "
	}
	out := replace(src, counts.value, counts.stop, sep+text)
	live, _ := f.found(src)
	for _, a := range live {
		if a.number != counts.number && f.Several == RemoveSeveral {
			out = append(out, removeRows(src, a.from, a.to)...)
		}
	}
	return out, nil
}

func (f flat) remove(src []byte, _ *place) (out []Splice, err error) {
	live, _ := f.found(src)
	for i := 0; i < len(live); i++ {
		from, to := live[i].from, live[i].to
		for i+1 < len(live) && live[i+1].from == to {
			i++
			to = live[i].to
		}
		out = append(out, removeRows(src, from, to)...)
	}
	return out, nil
}

// insert replaces the one assignment of the key that is commented out, or adds a
// line to the section.
func (f flat) insert(src []byte, value any) ([]Splice, int, error) {
	all := f.assignments(src)
	like := f.neighbour(all)
	if _, commented := f.found(src); len(commented) == 1 {
		a := commented[0]
		sep := a.sep
		if sep == "" {
			sep = like.sep
		}
		text, err := f.encode(value, string(src[a.value:a.stop]), sep)
		return replace(src, a.from, a.stop, a.indent+f.Key+sep+text), a.number, err
	}
	text, err := f.encode(value, "", like.sep)
	if err != nil {
		return nil, 0, err
	}
	if f.isOpen(src) {
		return nil, 0, errors.New("a text that begins with << has no end in the file, so that a new line would be in it")
	}
	at, lines := f.place(src, all, like.indent+f.Key+like.sep+text)
	return insertLines(src, at, lines...), lineAt(src, at) + len(lines) - 1, nil
}

// neighbour is the assignment whose spacing a new one takes over.
func (f flat) neighbour(all []assignment) assignment {
	out := assignment{sep: f.usualSep()}
	if f.match && len(f.Section) > 0 {
		out.indent = "    "
	}
	var any, own *assignment
	for i := range all {
		a := &all[i]
		switch {
		case a.commented || a.sep == "" || f.blank && a.sep != " " && a.sep != "\t":
		case f.sameSection(a.section):
			own = a
		default:
			any = a
		}
	}
	switch {
	case own != nil:
		return *own
	case any != nil:
		out.sep = any.sep
	}
	return out
}

// place returns the offset of a line that is new in its section, and the lines to insert
// before it.
func (f flat) place(src []byte, all []assignment, line string) (int, []string) {
	lines := readRows(f.memo, src)
	begins, ends := -1, len(lines) // rows of the section
	inside := f.inside(lines)
	if len(f.Section) == 0 {
		begins = 0
	}
	for i, r := range lines {
		name, ok := f.header(r.text)
		switch {
		case !ok || inside[i]:
		case begins < 0 && f.sameSection(name):
			begins = i + 1
		case begins >= 0:
			ends = i
		}
		if ends < len(lines) {
			break
		}
	}
	if begins < 0 {
		header := f.section()
		if f.sections {
			header = "[" + header + "]"
		}
		if len(lines) == 0 || f.isEmpty(lines[len(lines)-1].text) {
			return len(src), []string{header, line}
		}
		return len(src), []string{"", header, line}
	}
	return f.endOf(src, all, lines, begins, ends), []string{line}
}

// endOf returns where a section of the rows from begins to ends has its end: behind
// its last assignment, for comments behind that may belong to the next section.
func (f flat) endOf(src []byte, all []assignment, lines []row, begins, ends int) int {
	if ends == len(lines) {
		for ends > begins && f.isEmpty(lines[ends-1].text) {
			ends--
		}
		if ends == 0 {
			return 0
		}
		return lines[ends-1].end
	}
	last := begins
	for _, a := range all {
		if a.number > begins && a.number <= ends && (!a.commented || f.match) {
			last = a.next
		}
	}
	if last == begins && begins == 0 { // nothing is set before the first section
		for last < ends && !f.isEmpty(lines[last].text) {
			last++
		}
		if last == ends {
			last = 0
		}
	}
	if last == 0 {
		return 0
	}
	return lines[last-1].end
}

// tree is what a file of lines means: the values of every key, by section.
func (f flat) tree(src []byte) any {
	tree := map[string][]string{}
	for _, a := range f.assignments(src) {
		if !a.commented {
			key := f.fold(a.section) + "\x00" + f.fold(a.name)
			tree[key] = append(tree[key], string(src[a.value:a.stop]))
		}
	}
	out := map[string]any{}
	for key, values := range tree {
		if key != f.own() {
			out[key] = strings.Join(values, "\x00")
		}
	}
	return out
}

func (f flat) own() string { return f.fold(f.section()) + "\x00" + f.fold(f.Key) }

// expect leaves out the key itself, as tree does.
func (f flat) expect(any) {}

// errMore is the error about a value that is followed by more text in its line.
var errMore = errors.New("the line is more than an assignment, which is not supported")

// isMore reports whether a shell reads more than a value in a text: a command or
// another assignment behind it.
func (f flat) isMore(text string) bool {
	quoted := text != "" && (text[0] == '"' || text[0] == '\'')
	return !quoted && (!f.words && strings.ContainsAny(text, " \t") || strings.ContainsAny(text, ";") || strings.HasPrefix(text, "(") || strings.Contains(text, "&&") || strings.Contains(text, "||"))
}

// errContinued is the error about a value that continues in the next line.
var errContinued = errors.New("the value is continued in the next line, which is not supported")
