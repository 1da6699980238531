package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format is the grammar of a file.
type Format string

// The formats.
const (
	KeyValue Format = "keyvalue" // NAME=value, as shells read it, or name = value
	Space    Format = "space"    // NAME value
	INI      Format = "ini"      // name = value below [section]
	TOML     Format = "toml"
	YAML     Format = "yaml"
	JSON     Format = "json" // comments and trailing commas allowed
)

// Formats lists the formats.
func Formats() []string {
	return []string{string(KeyValue), string(Space), string(INI), string(TOML), string(YAML), string(JSON)}
}

// IsTyped reports whether values of the format have types of their own: "yes" is a string and true is not.
func (f Format) IsTyped() bool { return f == TOML || f == YAML || f == JSON }

// Several is the treatment of a key that is assigned several times.
type Several int

// Treatments of such a key.
const (
	RefuseSeveral Several = iota
	RemoveSeveral         // all but the effective one are removed
	KeepSeveral           // only the effective one counts: the file was so before
)

// Setting is a Part: one key with its value.
type Setting struct {
	Format  Format
	Dialect Dialect  // of a Format that is not typed
	Section []string // names of a typed format's objects; of ini and of sshd_config one name
	Key     string

	// Value is a string or a bool. In a typed format it may also be an int64, a float64, a []any, a map[string]any or,
	// for an earlier value, [Bare].
	Value any

	// Items are words that the value must contain or, with Absent, must not contain. The other words stay. Value is
	// ignored then.
	Items     []string
	Separator string // between the words

	Several Several // assignments of the key
	Absent  bool
	Made    []Object // of JSON, with Absent: objects that are removed with the last of their keys
	Back    bool     // Value is an earlier value, in its old form if programs do not agree on it

	madeBy  string // with Absent: the lines that made its section, which are removed with its last key
	written string // its earlier form in the file, see [Back]
	next    string // of YAML, with written: the key that followed it in its line, and the text between the two
	between string
	memo    *Memo
}

// FieldError explains why a Setting is not possible, by the name of the field.
type FieldError struct {
	Field string // "key", "section", "value" or "items"
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// Check refuses names and values that a file of the format cannot have. Its errors are of
// the type [FieldError].
func (s *Setting) Check() error {
	for _, name := range s.Section {
		if err := checkName("section", name); err != nil {
			return err
		}
	}
	if err := checkName("key", s.Key); err != nil {
		return err
	}
	if text, ok := s.Value.(string); ok && (!utf8.ValidString(text) || strings.Contains(text, "\x00")) {
		return &FieldError{"value", errors.New("the value must be text")}
	}
	if s.Format.IsTyped() {
		return nil
	}
	return flat{s, s.Dialect.rules(s.Format)}.check()
}

func checkName(field, name string) error {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return &FieldError{field, fmt.Errorf("%q cannot be a name in a file", name)}
	}
	return nil
}

// check is Check for files of lines.
func (f flat) check() error {
	line := f.Key + f.usualSep() + "x"
	a, ok := f.assign(row{text: line, end: len(line)})
	if _, header := f.header(line); header || !ok || a.commented || a.name != f.Key {
		return &FieldError{"key", fmt.Errorf("%q cannot be a name in a file of the format %s", f.Key, f.Format)}
	}
	if name := f.section(); name != "" {
		line := name
		if f.sections {
			line = "[" + name + "]"
		}
		if got, ok := f.header(line); !ok || !f.sameSection(got) {
			if name == "Match" || name == "Host" {
				return &FieldError{"section", fmt.Errorf("%q alone is no section: it is the whole line, such as \"%s\"", name, map[string]string{"Match": "Match User git", "Host": "Host example.com"}[name])}
			}
			return &FieldError{"section", fmt.Errorf("%q cannot be a section in a file of the format %s", name, f.Format)}
		}
	}
	if err := f.checkValue(); err != nil && len(f.Items) > 0 {
		return &FieldError{"items", err}
	} else if err != nil {
		return &FieldError{"value", err}
	}
	return nil
}

// name is the key's name in messages.
func (s *Setting) name() string { return strings.Join(append(slices.Clone(s.Section), s.Key), ".") }

// Place names the key with its section, in the notation of the format: "[Service] Restart", "Match User git:
// X11Forwarding", "network.ethernets.eth0".
func (s *Setting) Place() string {
	switch {
	case len(s.Section) == 0 || s.Format.IsTyped():
		return s.name()
	case s.Format == INI:
		return "[" + s.Section[0] + "] " + s.Key
	}
	return s.Section[0] + ": " + s.Key
}

// path is the path of the key in a typed format.
func (s *Setting) path() []string { return append(slices.Clone(s.Section), s.Key) }

// grammar finds keys of one format, and makes the splices for them.
type grammar interface {
	// find returns the place of the key; nil if it is missing.
	find(src []byte) (*place, error)

	// insert is the splice that adds the key, and its line.
	insert(src []byte, value any) ([]Splice, int, error)

	// write is the splice that gives the key at p another value.
	write(src []byte, p *place, value any) ([]Splice, error)

	// remove is the splice that removes the key at p.
	remove(src []byte, p *place) ([]Splice, error)
}

// place is one key in a file.
type place struct {
	value any
	line  int
	at    any // for the grammar, to change it

	others []string // the lines of further assignments
}

func (s *Setting) grammar() (grammar, error) {
	switch s.Format {
	case KeyValue, Space, INI:
		return flat{s, s.Dialect.rules(s.Format)}, nil
	case TOML:
		return tomlFile{s}, nil
	case YAML:
		return yamlFile{s}, nil
	case JSON:
		return jsonFile{s}, nil
	}
	return nil, fmt.Errorf("the format %q is not known", s.Format)
}

func (s *Setting) find(src []byte) (grammar, *place, error) {
	if len(src) > maxTree && (s.Format == TOML || s.Format == YAML) {
		return nil, nil, fmt.Errorf("it is larger than 512 KiB, too large for a %s file to be edited", s.Format)
	}
	g, err := s.grammar()
	if err != nil {
		return nil, nil, err
	}
	p, err := g.find(src)
	return g, p, err
}

func (s *Setting) look(src []byte) (State, error) {
	g, p, err := s.find(src)
	if err != nil {
		return State{}, err
	}
	if p == nil {
		state := State{Right: s.Absent}
		if !s.Absent {
			_, state.Line, err = s.insertOutside(g, src)
		}
		if s.Back { // a value without another form is restored as it was written
			err = nil
		}
		return state, err
	}
	state := State{Present: true, Value: p.value, Line: p.line, Others: p.others}
	alone := p.others == nil || s.Several == KeepSeveral
	switch {
	case s.Items != nil:
		have := s.Words(p.value)
		state.Right = (alone || s.Absent) && !slices.ContainsFunc(s.Items, func(w string) bool { return slices.Contains(have, w) == s.Absent })
		if s.Absent {
			state.Present = !state.Right
		}
	default:
		state.Right = !s.Absent && alone && s.isValue(p.value)
	}
	return state, nil
}

// Words returns the words of a value.
func (s *Setting) Words(value any) []string {
	text, _ := value.(string)
	if strings.TrimSpace(s.Separator) == "" && s.Dialect == SSH {
		words, _, _ := splitSSH(text)
		return words
	}
	if strings.TrimSpace(s.Separator) == "" {
		return strings.Fields(text)
	}
	var out []string
	for word := range strings.SplitSeq(text, s.Separator) {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// wanted returns the wanted value of a key with the value have.
func (s *Setting) wanted(have any) any {
	if s.Items == nil {
		return s.Value
	}
	words := s.Words(have)
	for _, w := range s.Items {
		switch i := slices.Index(words, w); {
		case s.Absent:
			words = slices.DeleteFunc(words, func(have string) bool { return have == w })
		case i < 0:
			words = append(words, w)
		}
	}
	return strings.Join(words, s.Separator)
}

func (s *Setting) plan(src []byte) ([]Splice, error) {
	g, p, err := s.find(src)
	switch {
	case err != nil:
		return nil, err
	case p == nil && s.Absent:
		return s.withHeader(src, nil), nil
	case p == nil:
		return s.plansNew(g, src)
	}
	if s.Items != nil {
		if _, ok := p.value.(string); !ok {
			return nil, &LineError{p.line, errors.New("items need a value that is a string")}
		}
	}
	state, err := s.look(src)
	switch {
	case err != nil || state.Right:
		return nil, err
	case s.Absent && s.Items == nil:
		splices, err := g.remove(src, p)
		return s.withHeader(src, splices), err
	case s.Absent && !state.Present:
		return nil, nil
	}
	return g.write(src, p, s.wanted(p.value))
}

// tree implements structured.
func (s *Setting) tree(src []byte) (any, error) {
	switch s.Format {
	case TOML:
		return parseTOML(src)
	case YAML:
		return parseYAML(src)
	case JSON:
		return parseJSON(src)
	}
	return flat{s, s.Dialect.rules(s.Format)}.tree(src), nil
}

// expect implements structured.
func (s *Setting) expect(tree any) any {
	if !s.Format.IsTyped() {
		return tree // the tree lacks the key itself
	}
	root, ok := tree.(map[string]any)
	if !ok {
		root = map[string]any{}
	}
	if s.Absent && s.Items == nil {
		return without(root, s.path())
	}
	return with(root, s.path(), s.wanted(at(root, s.path())))
}
