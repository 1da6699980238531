package control

import (
	"slices"
	"strconv"
	"strings"

	"converge/internal/stow/stanza"
)

// Version is the version of the format of control data.
const Version = 1

// Data is the content of a package's control data.
type Data struct {
	Names        Names    // none: FOO is the name
	Tags         []string // "unstable", and those of the mapping to stow directories
	Summary      string
	BuildDepends []Dependency
	BuiltWith    []Built
	Generated    Generated

	Document *stanza.Document // the parsed document, for rewriting
}

// Value returns a field's value unparsed, "" if there is none: for the fields of shared libraries, which package abi
// parses.
func (d *Data) Value(name string) string {
	if len(d.Document.Stanzas) == 0 {
		return ""
	}
	return d.Document.Stanzas[0].Value(name)
}

// Unstable is the tag of a version that is not chosen if a stable one exists.
const Unstable = "unstable"

// Tagged reports whether the package has a tag.
func (d *Data) Tagged(tag string) bool { return slices.Contains(d.Tags, tag) }

// Parse reads control data. file is its name, for problems. It always returns the valid part of the data, never nil; the
// error, if any, is [stanza.Problems] with all problems. It keeps unknown fields in the document, including Version: the
// name of the directory is the version.
func Parse(file string, text []byte) (*Data, error) {
	doc, err := stanza.Parse(file, text)
	d := &Data{Document: doc}
	if err != nil {
		return d, err
	}
	if len(doc.Stanzas) == 0 {
		return d, stanza.Problems{{File: file, Text: "says nothing: a stanza with Control-Version is missing"}}
	}
	var problems stanza.Problems
	s := doc.Stanzas[0]
	if _, ok := s.Get("Control-Version"); !ok {
		problems = append(problems, s.Problem("Control-Version", "is missing"))
	}
	for _, f := range s.Fields {
		if err := d.setField(f); err != nil {
			problems = append(problems, f.Problem(err))
		}
	}
	for _, more := range doc.Stanzas[1:] {
		problems = append(problems, more.Problem(more.Fields[0].Name, "is in a second stanza: control data is one"))
	}
	return d, problems.Err()
}

// setField reads one field.
func (d *Data) setField(f *stanza.Field) (err error) {
	switch strings.ToLower(f.Name) {
	case "control-version":
		return checkVersion(f.Value)
	case "name":
		d.Names, err = ParseNames(f.Value)
	case "tags":
		d.Tags, err = parseTags(f.Value)
	case "summary":
		d.Summary = f.Value
	case "build-depends":
		d.BuildDepends, err = ParseDependencies(f.Value)
	case "built-with":
		d.BuiltWith, err = parseBuilt(f.Value)
	case "generated":
		d.Generated = parseGenerated(f.Value)
	}
	return err
}

func checkVersion(value string) error {
	if value == strconv.Itoa(Version) {
		return nil
	}
	return &stanza.WordError{Word: value, Text: "is not a version of control data that is known here (want " + strconv.Itoa(Version) + ")"}
}

func parseTags(value string) ([]string, error) {
	var tags []string
	for at, tag := range EachWord(value) {
		if strings.ContainsAny(tag, ",;") {
			return nil, &stanza.WordError{At: at, Word: tag, Text: "is not a tag: tags are parted by blanks alone"}
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// Built is a package that was used for a build, of the stow directory or of the system's package manager, with its
// version.
type Built struct{ Package, Version string }

func parseBuilt(value string) ([]Built, error) {
	var out []Built
	for at, word := range EachWord(value) {
		i := strings.LastIndexByte(word, '/')
		if i <= 0 || i == len(word)-1 {
			return nil, &stanza.WordError{At: at, Word: word, Text: "is not PACKAGE/VERSION"}
		}
		out = append(out, Built{word[:i], word[i+1:]})
	}
	return out, nil
}

// Generated records which fields a program wrote, and when. The program rewrites only those; the others are the
// developer's.
type Generated struct {
	By     string   // "2011-09-21T21:17:00Z by converge 0.1"
	Fields []string // "Link-Depends", "Provides-ABI"
}

func parseGenerated(value string) Generated {
	by, list, ok := strings.Cut(value, "(fields ")
	if !ok {
		return Generated{By: strings.TrimSpace(value)}
	}
	list, _, _ = strings.Cut(list, ")")
	fields := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	return Generated{By: strings.TrimSpace(by), Fields: fields}
}

// String returns the value of the field.
func (g Generated) String() string {
	if len(g.Fields) == 0 {
		return g.By
	}
	return g.By + " (fields " + strings.Join(g.Fields, ", ") + ")"
}
