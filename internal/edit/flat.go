package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// flat is the grammar of files of lines: keyvalue, space and ini.
type flat struct {
	*Setting
	rules
}

func (f flat) section() string { return strings.Join(f.Section, ".") }

func (f flat) sameSection(name string) bool { return f.foldSection(name) == f.foldSection(f.section()) }

// foldSection returns the one spelling of all names that mean the same section.
func (f rules) foldSection(name string) string {
	if f.match {
		return strings.ToLower(strings.Join(strings.Fields(name), " "))
	}
	return name
}

// assignments reads all assignments of a file.
func (f flat) assignments(src []byte) []assignment {
	all, _ := recall(f.memo, src, f.rules, func() ([]assignment, error) { return f.scan(src), nil }) // scanning never fails
	return all
}

// namesOf is the key, in a memo, of the index of names by some rules.
type namesOf struct{ rules rules }

// commandsOf is the key, in a memo, of the lines that are inside commands.
type commandsOf struct{}

// found returns the assignments of the key, in order.
func (f flat) found(src []byte) (live, commented []assignment) {
	all, name := f.assignments(src), f.fold(f.Key)
	if f.memo.isIndexed(src) {
		names, _ := recall(f.memo, src, namesOf{f.rules}, func() (map[[2]string][]assignment, error) {
			names := make(map[[2]string][]assignment, len(all))
			for _, a := range all {
				key := [2]string{f.foldSection(a.section), f.fold(a.name)}
				names[key] = append(names[key], a)
			}
			return names, nil
		})
		all = names[[2]string{f.foldSection(f.section()), name}]
	}
	for _, a := range all {
		switch {
		case f.fold(a.name) != name || !f.sameSection(a.section):
		case a.commented && (f.isInCommand(src, a) || isInBlock(f.memo, src, a)): // it would take effect only where the command is run, or inside a block of others
		case a.commented:
			commented = append(commented, a)
		default:
			live = append(live, a)
		}
	}
	return live, commented
}

// isInCommand reports whether an assignment is inside a command of a shell.
func (f flat) isInCommand(src []byte, a assignment) bool {
	if !f.shell {
		return false
	}
	lines := readRows(f.memo, src)
	inside, _ := recall(f.memo, src, commandsOf{}, func() ([]bool, error) {
		if f.hasBlanks(lines) {
			return nil, nil
		}
		return f.insideCommands(lines), nil
	})
	return a.number <= len(inside) && inside[a.number-1]
}

// isInBlock reports whether an assignment is between the marks of a block.
func isInBlock(m *Memo, src []byte, a assignment) bool {
	_, is := blockAt(readBlocks(m, src), a.to)
	return is
}

func (f flat) find(src []byte) (*place, error) {
	live, _ := f.found(src)
	if err := (overall{f}).check(src, live); err != nil || len(live) == 0 {
		return nil, err
	}
	if f.Several != KeepSeveral {
		for _, a := range live {
			if f.isInCommand(src, a) {
				return nil, &LineError{a.number, fmt.Errorf("%s is set here, inside a command, so that it is not known whether it counts: take it out of the command", f.Key)}
			}
		}
	}
	if removed := f.Absent && f.Items == nil; len(live) > 1 && f.Several == RefuseSeveral && !removed {
		return nil, &LineError{live[1].number, fmt.Errorf("%s is set here and at line %d; duplicates = \"remove\" keeps only the one that counts", f.Key, live[0].number)}
	}
	counts := live[len(live)-1]
	if f.first {
		counts = live[0]
	}
	text := string(src[counts.value:counts.stop])
	value, err := values{f}.read(counts, text)
	if errors.Is(err, errDisagree) && f.replaces(text) {
		value, err = text, nil
	}
	if err != nil {
		return nil, &LineError{counts.number, err}
	}
	p := &place{value: value, line: counts.number, at: counts}
	for _, a := range live {
		if a.number != counts.number {
			p.others = append(p.others, strings.TrimRight(string(src[a.from:a.to]), "\r\n"))
		}
	}
	return p, nil
}

func (f flat) write(src []byte, p *place, value any) ([]Splice, error) {
	counts, _ := p.at.(assignment)
	sep := counts.sep
	switch {
	case f.blank && sep == "":
		sep = " "
	case f.isAlone(counts):
		sep = f.room(src).like.sep
	}
	text, err := values{f}.behindName(src, counts, value, sep)
	if err != nil {
		return nil, &LineError{p.line, err}
	}
	from := counts.value
	if rest, ok := strings.CutPrefix(text, counts.sep); ok {
		text = rest
	} else {
		from -= len(counts.sep)
	}
	out := replace(src, from, counts.stop, text)
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
	room := f.room(src)
	_, commented := f.found(src)
	if room.open && (f.quoted || len(commented) != 1) {
		return nil, 0, f.openError()
	}
	if len(commented) == 1 {
		a := commented[0]
		sep := a.sep
		if value != "" {
			sep = a.sepFor()
		}
		if sep == "" {
			sep = room.like.sep
		}
		text, err := values{f}.behindName(src, a, value, sep)
		return replace(src, a.from, a.stop, a.indent+f.Key+text), a.number, err
	}
	text, err := f.encode(value, "", room.like.sep)
	switch {
	case err != nil:
		return nil, 0, err
	case values{f}.standsAlone(value, nil):
		text = ""
	default:
		text = f.behindSep(room.like.sep, text)
	}
	lines := append(slices.Clone(room.header), room.like.indent+f.Key+text)
	return insertLines(src, room.at, lines...), room.line + len(room.header), nil
}

// room is the place for a new line in a section.
type room struct {
	at, line int        // offset, and number of its line
	header   []string   // lines that come first, if there is no such section
	like     assignment // the new line gets its spacing
	open     bool       // a line at the end of the file would continue a command
}

// roomOf and outlineOf are the keys, in a memo, of a room and of an outline.
type (
	roomOf struct {
		rules   rules
		section string
	}
	outlineOf struct{ rules rules }
)

func (f flat) room(src []byte) room {
	all, lines := f.assignments(src), readRows(f.memo, src)
	o := f.readOutline(src)
	r, _ := recall(f.memo, src, roomOf{f.rules, f.section()}, func() (room, error) {
		r := room{like: f.neighbour(o), open: o.open}
		r.at, r.header = f.place(src, o, all, lines)
		r.line = lineAt(src, r.at)
		return r, nil
	})
	return r
}

func (f flat) readOutline(src []byte) *outline {
	all, lines := f.assignments(src), readRows(f.memo, src)
	o, _ := recall(f.memo, src, outlineOf{f.rules}, func() (*outline, error) { return f.outline(src, all, lines), nil })
	return o
}

// outline is where the sections of a file begin, and the style of assignments in each.
type outline struct {
	headers []int          // their rows
	begins  map[string]int // index of the first header of a section
	like    map[string]assignment
	last    *assignment // of all sections
	open    bool
}

func (f flat) outline(src []byte, all []assignment, lines []row) *outline {
	o := &outline{begins: map[string]int{}, like: map[string]assignment{}, open: f.isOpen(src)}
	if f.sections || f.match {
		inside := f.inside(lines)
		for i, r := range lines {
			name, ok := f.header(r.text)
			if !ok || inside[i] {
				continue
			}
			if _, known := o.begins[f.foldSection(name)]; !known {
				o.begins[f.foldSection(name)] = len(o.headers)
			}
			o.headers = append(o.headers, i)
		}
	}
	for i := range all {
		if a := &all[i]; !a.commented && a.sep != "" && (!f.blank || a.sep == " " || a.sep == "\t") {
			o.like[f.foldSection(a.section)], o.last = *a, a
		}
	}
	return o
}

// neighbour returns the assignment whose spacing a new one copies.
func (f flat) neighbour(o *outline) assignment {
	if own, ok := o.like[f.foldSection(f.section())]; ok {
		own.sep = own.sepFor()
		return own
	}
	out := assignment{sep: f.usualSep()}
	if f.match && len(f.Section) > 0 {
		out.indent = "    "
	}
	if o.last != nil {
		out.sep = o.last.sepFor()
	}
	return out
}

// place returns the offset of a line that is new in its section, and the lines to insert before it.
func (f flat) place(src []byte, o *outline, all []assignment, lines []row) (int, []string) {
	begins, next := 0, 0
	if len(f.Section) > 0 {
		i, ok := o.begins[f.foldSection(f.section())]
		if !ok {
			return len(src), f.newSection(lines)
		}
		begins, next = o.headers[i]+1, i+1
	}
	ends := len(lines)
	if next < len(o.headers) {
		ends = o.headers[next]
	}
	return f.endOf(src, all, lines, begins, ends), nil
}

// newSection returns the lines that begin the section at the end of a file.
func (f flat) newSection(lines []row) []string {
	header := f.section()
	if f.sections {
		header = "[" + header + "]"
	}
	if len(lines) == 0 || f.isEmpty(lines[len(lines)-1].text) {
		return []string{header}
	}
	return []string{"", header}
}

// endOf returns the end of a section with the rows from begins to ends: behind its last assignment, because comments
// after that may belong to the next section.
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

// tree returns the meaning of a file of lines: the values of every key, by section.
func (f flat) tree(src []byte) any {
	tree := map[string][]string{}
	for _, a := range f.assignments(src) {
		if !a.commented {
			key := f.foldSection(a.section) + "\x00" + f.fold(a.name)
			value := string(src[a.value:a.stop])
			if f.isAlone(a) {
				value = "\x00"
			}
			tree[key] = append(tree[key], value)
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

func (f flat) own() string { return f.foldSection(f.section()) + "\x00" + f.fold(f.Key) }

// errMore is the error about a value that is followed by more text in its line.
var errMore = errors.New("the line is more than an assignment, which is not supported")

// errContinued is the error about a value that continues in the next line.
var errContinued = errors.New("the value is continued in the next line, which is not supported")
