package wanted

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
	"converge/internal/version"
)

// Version is the version of the format of requirement files.
const Version = 1

// File is a requirement file.
type File struct {
	RequestedBy string // the requesting application
	RequestedAt time.Time
	Wants       []Want
}

// Want is one requested package.
type Want struct {
	Names    control.Names // of one package, the preferred one first
	Versions version.Set
	Kinds    []Kind // never empty
	Optional bool
	Why      string
	Line     int // in the file
}

// maxFile bounds a requirement file, in bytes.
const maxFile = 16 << 20

// ReadFile reads the requirement file at path; "-" is stdin.
func ReadFile(path string, stdin io.Reader) (*File, error) {
	name, in := path, stdin
	if path == "-" {
		name = "<stdin>"
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read the requirement file: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is larger than 16 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the requirement file: %w", err)
	}
	return Parse(name, text)
}

// Parse reads a requirement file. name is its name, for problems. The error, if any, is [stanza.Problems] with all
// problems. Unknown fields are ignored.
func Parse(name string, text []byte) (*File, error) {
	doc, err := stanza.Parse(name, text)
	if err != nil {
		return nil, err
	}
	if len(doc.Stanzas) == 0 {
		return nil, stanza.Problems{{File: name, Text: "asks for nothing: a stanza with Requirements-Version is missing"}}
	}
	p := &parser{}
	f := &File{}
	p.parseHead(f, doc.Stanzas[0])
	for _, s := range doc.Stanzas[1:] {
		f.Wants = append(f.Wants, p.parseWant(s))
	}
	if len(doc.Stanzas) == 1 {
		p.problems = append(p.problems, stanza.Problem{File: name, Text: "asks for nothing: there is no stanza with Want"})
	}
	return f, p.problems.Err()
}
