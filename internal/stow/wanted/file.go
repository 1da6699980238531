package wanted

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/stow/control"
	"converge/internal/stow/stanza"
	"converge/internal/version"
)

// Version is that of the form of requirement files.
const Version = 1

// File is a requirement file.
type File struct {
	RequestedBy string // the application that asks
	RequestedAt time.Time
	Wants       []Want
}

// Want is one package that is asked for.
type Want struct {
	Names    control.Names // of one package, best first
	Versions version.Set
	Kinds    []Kind // never empty
	Optional bool
	Why      string
	Line     int // in the file
}

// Parse reads a requirement file. name is its name, for problems. The error, if
// there is one, is [stanza.Problems]: all of them. Fields that are not known
// here are passed over.
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

type parser struct{ problems stanza.Problems }

// parseField reads a field with read; one that is needed and missing is a problem.
func (p *parser) parseField(s *stanza.Stanza, name string, needed bool, read func(value string) error) {
	f, ok := s.Get(name)
	if !ok {
		if needed {
			p.problems = append(p.problems, s.Problem(name, "is missing"))
		}
		return
	}
	if err := read(f.Value); err != nil {
		p.problems = append(p.problems, f.Problem(err))
	}
}

func (p *parser) parseHead(f *File, s *stanza.Stanza) {
	p.parseField(s, "Requirements-Version", true, func(v string) error {
		if v != strconv.Itoa(Version) {
			return &stanza.WordError{Word: v, Text: "is not a version of requirement files that is known here (want " + strconv.Itoa(Version) + ")"}
		}
		return nil
	})
	p.parseField(s, "Requested-By", true, func(v string) error {
		if f.RequestedBy = v; v == "" || strings.ContainsAny(v, "\n/") {
			return &stanza.WordError{Word: v, Text: "is not the name of an application"}
		}
		return nil
	})
	p.parseField(s, "Requested-At", true, func(v string) (err error) {
		if f.RequestedAt, err = time.Parse(time.RFC3339, v); err != nil {
			return &stanza.WordError{Word: v, Text: "is not a time (want one like 2011-09-21T21:17:00Z)"}
		}
		return nil
	})
}

func (p *parser) parseWant(s *stanza.Stanza) Want {
	w := Want{Kinds: []Kind{App}, Line: s.Line()}
	p.parseField(s, "Want", true, func(v string) (err error) {
		w.Names, err = control.ParseNames(v)
		return err
	})
	p.parseField(s, "Version", false, func(v string) (err error) {
		w.Versions, err = control.ParseVersions(v)
		return err
	})
	p.parseField(s, "Kind", false, func(v string) (err error) {
		w.Kinds, err = parseKinds(v)
		return err
	})
	p.parseField(s, "Need", false, func(v string) error {
		w.Optional = v == "optional"
		if !w.Optional && v != "required" {
			return &stanza.WordError{Word: v, Text: "is not a need (want required or optional)"}
		}
		return nil
	})
	w.Why = s.Value("Why")
	return w
}

func parseKinds(value string) ([]Kind, error) {
	var out []Kind
	at := 0
	for _, word := range strings.Fields(value) {
		at += strings.Index(value[at:], word)
		k := Kind(word)
		if !slices.Contains(allKinds(), k) {
			return nil, &stanza.WordError{At: at, Word: word, Text: "is not a kind (want app, shared-lib, static-lib, dev-headers, doc, data, source or any)"}
		}
		out = append(out, k)
		at += len(word)
	}
	if len(out) == 0 {
		return []Kind{App}, nil
	}
	return out, nil
}

// Bytes writes the file as Parse reads it.
func (f *File) Bytes() ([]byte, error) {
	doc := stanza.New(FileName{App: f.RequestedBy, At: f.RequestedAt, Serial: 1}.String())
	head := [][2]string{
		{"Requirements-Version", strconv.Itoa(Version)},
		{"Requested-By", f.RequestedBy},
		{"Requested-At", f.RequestedAt.UTC().Format(time.RFC3339)},
	}
	if err := setAll(doc.Stanzas[0], head); err != nil {
		return nil, err
	}
	for _, w := range f.Wants {
		if err := setAll(doc.Add(), w.listFields()); err != nil {
			return nil, err
		}
	}
	return doc.Bytes(), nil
}

func (w *Want) listFields() [][2]string {
	out := [][2]string{{"Want", w.Names.String()}}
	if len(w.Versions) > 0 {
		out = append(out, [2]string{"Version", w.Versions.String()})
	}
	names := make([]string, len(w.Kinds))
	for i, k := range w.Kinds {
		names[i] = string(k)
	}
	out = append(out, [2]string{"Kind", strings.Join(names, " ")})
	if w.Optional {
		out = append(out, [2]string{"Need", "optional"})
	}
	if w.Why != "" {
		out = append(out, [2]string{"Why", w.Why})
	}
	return out
}

func setAll(s *stanza.Stanza, fields [][2]string) error {
	for _, f := range fields {
		if err := s.Set(f[0], f[1]); err != nil {
			return err
		}
	}
	return nil
}
