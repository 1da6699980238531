package resources

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"

	"converge/internal/edit"
)

// Reader returns the content of a file of the machine; nil: there is none, or it cannot be read.
type Reader func(file string) []byte

// content is the content of a file; a nil Reader knows no file.
func (read Reader) content(file string) []byte {
	if read == nil {
		return nil
	}
	return read(file)
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

// Files are files of the machine for comparing many resources: each file, and each index of it, is read once.
type Files struct {
	read  Reader
	texts map[string]*fileText
}

// NewFiles returns the files that a Reader reads.
func NewFiles(read Reader) *Files { return &Files{read, map[string]*fileText{}} }

// at returns a file.
func (f *Files) at(file string) *fileText {
	t := f.texts[file]
	if t == nil {
		t = newFileText(f.read.content(file))
		f.texts[file] = t
	}
	return t
}

// with returns the files with another text for one of them.
func (f *Files) with(file string, t *fileText) *Files {
	out := &Files{f.read, maps.Clone(f.texts)}
	out.texts[file] = t
	return out
}

// fileText is the content of a file, with indexes of its lines. Each index is made at first use.
type fileText struct {
	*edit.Memo
	entries   func() map[string][]string            // the fields of lines of accounts, by name; of several lines, the first counts
	groupsOf  func() map[string][]string            // the groups of each user in their lists of members
	firstKeys func() map[string]edit.AuthorizedLine // the lines that sshd uses, by the fingerprints of their keys
}

func newFileText(src []byte) *fileText {
	return &fileText{
		Memo:      edit.NewMemo(src),
		entries:   sync.OnceValue(func() map[string][]string { return indexEntries(src, 2) }),
		groupsOf:  sync.OnceValue(func() map[string][]string { return indexMembers(src) }),
		firstKeys: sync.OnceValue(func() map[string]edit.AuthorizedLine { return indexKeys(src) }),
	}
}

// becomes returns the file with another content.
func (t *fileText) becomes(content []byte) *fileText {
	if bytes.Equal(t.Source(), content) {
		return t
	}
	return newFileText(content)
}

// isMember reports whether a user is in the list of a group.
func (t *fileText) isMember(group, user string) bool {
	return slices.Contains(t.groupsOf()[user], group)
}

// indexEntries returns, for each name, the fields of its first line with at least so many fields.
func indexEntries(content []byte, least int) map[string][]string {
	out := map[string][]string{}
	for line := range bytes.Lines(content) {
		f := strings.Split(string(bytes.TrimRight(line, "\r\n")), ":")
		if len(f) >= least && out[f[0]] == nil {
			out[f[0]] = f
		}
	}
	return out
}

// indexMembers returns the groups of each user, sorted.
func indexMembers(content []byte) map[string][]string {
	out, groups := map[string][]string{}, indexEntries(content, 4)
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		for _, user := range splitMembers(groups[group][3]) {
			out[user] = append(out[user], group)
		}
	}
	return out
}

// indexKeys returns the first line with each key.
func indexKeys(content []byte) map[string]edit.AuthorizedLine {
	out := map[string]edit.AuthorizedLine{}
	for _, l := range edit.AuthorizedLines(content) {
		if _, ok := out[l.Key.Fingerprint()]; !ok {
			out[l.Key.Fingerprint()] = l
		}
	}
	return out
}
