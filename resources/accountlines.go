package resources

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// AccountFiles lists the files that may have a line of an account, given by its key, or name it in one; see
// passwd(5), shadow(5), group(5) and gshadow(5). Other things have none.
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

// ownedAccount adds the line of an account in each of its files, as far as a file has it: with the
// fields that are declared. Of a protected account the whole line is to stay, of any other one these fields. A user
// is also to be in the lines of its groups.
func ownedAccount(files map[string][]owned, r *resource.Resource, read Reader) {
	kind, name, _ := strings.Cut(r.Key, ":")
	if AccountFiles(r.Key) == nil || r.Off {
		return
	}
	e := entries{files: files, r: r, name: resource.DecodeBytes(name), read: read}
	switch {
	case kind == "user" && (r.Kind == nil || r.Kind.Name == "user"):
		e.addUser()
	case kind == "group" && (r.Kind == nil || r.Kind.Name == "group"):
		e.addGroup()
	}
}

// entries adds the lines of an account to the parts of files.
type entries struct {
	files map[string][]owned
	r     *resource.Resource
	name  string
	read  Reader
}

// field is what one field of a line is to be.
type field struct {
	at   int
	want string
	same func(have, want string) bool // nil: the two are to be equal
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

// findEntry returns the fields of the line of a name: the first one counts. nil: there is none.
func findEntry(content []byte, name string) []string {
	for line := range bytes.Lines(content) {
		if bytes.HasPrefix(line, []byte(name+":")) {
			return strings.Split(string(bytes.TrimRight(line, "\r\n")), ":")
		}
	}
	return nil
}

// entryLine is the line of a name, as a part of its file.
func entryLine(name, text string) edit.Line {
	return edit.Line{Text: text, Match: regexp.MustCompile("^" + regexp.QuoteMeta(name) + ":"), Multiple: "first"}
}

// add adds the line of the account in a file, with fields as they are wanted.
func (e *entries) add(file string, wanted []field) {
	line := findEntry(e.read.content(file), e.name)
	if line == nil {
		if file == passwdFile || file == groupFile { // the files of passwords need not have one
			e.addCheck(file, func(content []byte) bool { return hasFields(findEntry(content, e.name), wanted) })
		}
		return
	}
	for _, f := range wanted {
		if !f.isIn(line) && f.at < len(line) {
			line[f.at] = f.want
		}
	}
	if e.r.Protect {
		wanted = nil
		for i, text := range line {
			wanted = append(wanted, field{at: i, want: text})
		}
	}
	e.addLine(file, e.name, strings.Join(line, ":"), wanted)
}

// addLine adds the line of a name in a file, in which fields are to stay.
func (e *entries) addLine(file, name, text string, wanted []field) {
	e.files[file] = append(e.files[file], owned{r: e.r, part: entryLine(name, text), holds: func(content []byte) bool {
		return hasFields(findEntry(content, name), wanted)
	}})
}

// addCheck adds what a file is to be, where that is no line that could be made.
func (e *entries) addCheck(file string, holds func(content []byte) bool) {
	e.files[file] = append(e.files[file], owned{r: e.r, holds: holds})
}

// hasFields reports whether there is a line, with these fields.
func hasFields(line []string, wanted []field) bool {
	return line != nil && !slices.ContainsFunc(wanted, func(f field) bool { return !f.isIn(line) })
}

// remove adds that a file has no line of the account.
func (e *entries) remove(file string) {
	if findEntry(e.read.content(file), e.name) != nil {
		l := entryLine(e.name, "")
		l.Absent = true
		e.files[file] = append(e.files[file], owned{r: e.r, part: l})
	}
}

// Reader returns the content of a file of the machine; nil: there is none, or it cannot be read.
type Reader func(file string) []byte

// content is what a file has; a Reader of nil knows no file.
func (read Reader) content(file string) []byte {
	if read == nil {
		return nil
	}
	return read(file)
}

// with is a Reader for which a file has another content.
func (read Reader) with(file string, content []byte) Reader {
	return func(path string) []byte {
		if path == file {
			return content
		}
		return read.content(path)
	}
}

// Once is a Reader that reads each file once.
func (read Reader) Once() Reader {
	known := map[string][]byte{}
	return func(file string) []byte {
		content, ok := known[file]
		if !ok {
			content = read.content(file)
			known[file] = content
		}
		return content
	}
}
