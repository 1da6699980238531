package resources

import (
	"slices"
	"strings"

	"converge/internal/resource"
)

// AccountFiles lists the files that may contain a line of an account, given by its key, or name it in one; see
// passwd(5), shadow(5), group(5) and gshadow(5). It returns none for other things.
func AccountFiles(key string) []string {
	switch kind, _, _ := strings.Cut(key, ":"); kind {
	case "user":
		return accountFiles()
	case "group":
		return []string{groupFile, gshadowFile}
	}
	return nil
}

// accountFiles are all files of accounts.
func accountFiles() []string { return []string{passwdFile, shadowFile, groupFile, gshadowFile} }

const (
	passwdFile  = "/etc/passwd"
	shadowFile  = "/etc/shadow"
	groupFile   = "/etc/group"
	gshadowFile = "/etc/gshadow"
)

// addAccount adds the line of an account, with the declared fields, in each file that has one. A protected account
// keeps its whole line, any other one these fields. A user also has to stay in the lines of its groups.
func (e *entryEdits) addAccount(r *resource.Resource) {
	kind, name, _ := strings.Cut(r.Key, ":")
	if AccountFiles(r.Key) == nil || r.Off {
		return
	}
	of := entries{e, r, resource.DecodeBytes(name)}
	switch {
	case kind == "user" && (r.Kind == nil || r.Kind.Name == "user"):
		of.addUser()
	case kind == "group" && (r.Kind == nil || r.Kind.Name == "group"):
		of.addGroup()
	}
}

// entries adds the lines of an account to the parts of files.
type entries struct {
	*entryEdits
	r    *resource.Resource
	name string
}

// field is the wanted value of one field of a line.
type field struct {
	at   int
	want string
	same func(have, want string) bool // nil: the two must be equal
}

func (f field) isIn(line []string) bool {
	switch {
	case f.at >= len(line):
		return f.want == ""
	case f.same != nil:
		return f.same(line[f.at], f.want)
	}
	return line[f.at] == f.want
}

// add adds the line of the account in a file, with its wanted fields.
func (e *entries) add(file string, wanted []field) {
	if !e.isAbout(file) {
		return
	}
	line := e.find(file, e.name)
	if line == nil {
		if file == passwdFile || file == groupFile { // the files of passwords need not have a line
			e.addCheck(file, func(t *fileText) bool { return hasFields(t.entries()[e.name], wanted) })
		}
		return
	}
	for _, f := range wanted {
		if !f.isIn(line.fields) && f.at < len(line.fields) {
			line.fields[f.at] = f.want
		}
	}
	e.addCheck(file, func(t *fileText) bool {
		if e.r.Protect {
			return hasFields(t.entries()[e.name], exactFields(line.fields))
		}
		return hasFields(t.entries()[e.name], wanted)
	})
}

// addCheck adds a requirement on a file, for which a line is not necessarily made.
func (e *entries) addCheck(file string, holds func(t *fileText) bool) {
	e.files[file] = append(e.files[file], owned{r: e.r, holds: holds})
}

// hasFields reports whether there is a line and it has these fields.
func hasFields(line []string, wanted []field) bool {
	return line != nil && !slices.ContainsFunc(wanted, func(f field) bool { return !f.isIn(line) })
}

// exactFields are all fields of a line.
func exactFields(line []string) []field {
	out := make([]field, len(line))
	for i, text := range line {
		out[i] = field{at: i, want: text}
	}
	return out
}

// remove requires that a file has no line of the account.
func (e *entries) remove(file string) {
	if line := e.find(file, e.name); line != nil {
		line.isGone = true
		e.addCheck(file, func(t *fileText) bool { return t.entries()[e.name] == nil })
	}
}
