package resources

import (
	"bytes"
	"regexp"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// AccountFiles lists the files with a line of an account, given by its key; see passwd(5),
// shadow(5), group(5) and gshadow(5). Other things have none.
func AccountFiles(key string) []string {
	switch kind, _, _ := strings.Cut(key, ":"); kind {
	case "user":
		return []string{"/etc/passwd", "/etc/shadow"}
	case "group":
		return []string{"/etc/group", "/etc/gshadow"}
	}
	return nil
}

// ownedAccount adds the line of an account in each of its files, as far as a file has it. Of a
// protected account the line is to stay as it is, of any other one there is to be a line.
func ownedAccount(files map[string][]owned, r *resource.Resource, read Reader) {
	for _, file := range AccountFiles(r.Key) {
		_, name, _ := strings.Cut(r.Key, ":")
		for line := range bytes.Lines(read.content(file)) {
			if !bytes.HasPrefix(line, []byte(resource.DecodeBytes(name)+":")) {
				continue
			}
			o := owned{r: r, part: edit.Line{Text: string(bytes.TrimRight(line, "\r\n"))}}
			if !r.Protect {
				entry := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(resource.DecodeBytes(name)) + `:`)
				o.holds = entry.Match
			}
			files[file] = append(files[file], o)
			break // the first line of a name counts
		}
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
