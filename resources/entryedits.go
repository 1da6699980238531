package resources

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"converge/internal/edit"
)

// entryEdits are the lines of accounts that a site has in files. Each combines the wishes of all accounts, such as the
// line of a group that several users join.
type entryEdits struct {
	in    *Files
	only  string                       // the file that is asked about; "": all
	files map[string][]owned           // the edits are added to these
	lines map[string]map[string]*entry // the lines found so far, by file and name
}

// entry is the line of a name.
type entry struct {
	was, fields   []string // as in the file, and as wanted
	joins, leaves []string // members that the line of a group must have, and must not have
	isGone        bool
}

// find returns the line of a name in a file; nil: there is none, or the file is not among files.
func (e *entryEdits) find(file, name string) *entry {
	if line := e.lines[file][name]; line != nil {
		return line
	}
	was := e.in.at(file).entries()[name]
	if was == nil || !e.isAbout(file) {
		return nil
	}
	if e.lines[file] == nil {
		e.lines[file] = map[string]*entry{}
	}
	line := &entry{was: was, fields: slices.Clone(was)}
	e.lines[file][name] = line
	return line
}

func (e *entryEdits) isAbout(file string) bool { return e.only == "" || e.only == file }

// finish adds the lines that change. The accounts check the fields that they want to stay.
func (e *entryEdits) finish() {
	for _, file := range slices.Sorted(maps.Keys(e.lines)) {
		for _, name := range slices.Sorted(maps.Keys(e.lines[file])) {
			line := e.lines[file][name]
			line.settleMembers()
			if line.isGone || !slices.Equal(line.was, line.fields) {
				part := edit.Line{Text: strings.Join(line.fields, ":"), Match: regexp.MustCompile("^" + regexp.QuoteMeta(name) + ":"), Multiple: "first", Absent: line.isGone}
				e.files[file] = append(e.files[file], owned{part: part, holds: func(*fileText) bool { return true }})
			}
		}
	}
}

// settleMembers adds and removes members of a group's list.
func (l *entry) settleMembers() {
	if len(l.joins)+len(l.leaves) == 0 || len(l.fields) < 4 {
		return
	}
	others := map[string]bool{}
	for _, name := range slices.Concat(l.joins, l.leaves) {
		others[name] = true
	}
	stay := slices.DeleteFunc(splitMembers(l.fields[3]), func(name string) bool { return others[name] })
	l.fields[3] = strings.Join(append(stay, l.joins...), ",")
}
