package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// yamlFile is the grammar of YAML.
type yamlFile struct{ *Setting }

func parseYAML(src []byte) (any, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 1 {
		if tree, ok := yamlTree(doc.Content[0]); ok {
			return tree, nil
		}
	}
	var tree any
	if err := yaml.Unmarshal(src, &tree); err != nil {
		return nil, err
	}
	return yamlPlain(tree), nil
}

// yamlTree is the meaning of a node; false if that takes the whole parser, whose time grows with the square of the
// number of keys in a mapping.
func yamlTree(n *yaml.Node) (any, bool) {
	switch {
	case n.Kind == yaml.MappingNode && n.Tag == "!!map":
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			k := n.Content[i]
			v, ok := yamlTree(n.Content[i+1])
			_, twice := out[k.Value]
			if !ok || twice || k.Kind != yaml.ScalarNode || k.Tag != "!!str" {
				return nil, false
			}
			out[k.Value] = v
		}
		return out, true
	case n.Kind == yaml.SequenceNode && n.Tag == "!!seq":
		out := make([]any, len(n.Content))
		for i, e := range n.Content {
			v, ok := yamlTree(e)
			if !ok {
				return nil, false
			}
			out[i] = v
		}
		return out, true
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		return n.Value, true
	case n.Kind == yaml.ScalarNode:
		var v any
		err := n.Decode(&v)
		return yamlPlain(v), err == nil
	}
	return nil, false
}

// yamlPlain converts further types of YAML to those of a value.
func yamlPlain(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []any:
		for i := range v {
			v[i] = yamlPlain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = yamlPlain(v[k])
		}
	case map[any]any:
		out := map[string]any{}
		for k, e := range v {
			out[fmt.Sprint(k)] = yamlPlain(e)
		}
		return out
	}
	return v
}

// root returns the mapping of the one document; nil if there is none yet.
func (f yamlFile) root(src []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}
		return nil, &LineError{more.Line, errors.New("a second document begins here")}
	}
	n := doc.Content[0]
	switch {
	case isEmptyNode(n):
		return nil, nil
	case n.Kind != yaml.MappingNode:
		return nil, &LineError{n.Line, errors.New("the document is no mapping")}
	}
	return n, nil
}

// walk returns the existing pairs on the way to the key, and the mapping in which the way ends.
func (f yamlFile) walk(src []byte) (pairs []yamlPair, in *yaml.Node, err error) {
	now, err := recall(f.memo, src, YAML, func() (*yaml.Node, error) { return f.root(src) })
	if err != nil || now == nil {
		return nil, nil, err
	}
	for i, name := range f.path() {
		switch {
		case isEmptyNode(now):
			return pairs, nil, nil
		case now.Kind == yaml.AliasNode:
			return nil, nil, &LineError{now.Line, errors.New("an alias is in the way")}
		case now.Anchor != "":
			return nil, nil, &LineError{now.Line, fmt.Errorf("the anchor &%s is in the way: what refers to it would change as well", now.Anchor)}
		case now.Kind != yaml.MappingNode:
			return nil, nil, &LineError{now.Line, fmt.Errorf("this is no mapping, so that there can be no key %q in it", name)}
		}
		keys := f.keys(src, now)
		at := keys.at[name]
		switch {
		case keys.merge != nil:
			return nil, nil, &LineError{keys.merge.Line, errors.New("a merge key is in the way")}
		case len(at) > 1:
			return nil, nil, &LineError{now.Content[at[1]].Line, fmt.Errorf("the key %q is there twice", name)}
		case len(at) == 0:
			return pairs, now, nil
		}
		p := yamlPair{now, at[0]}
		pairs = append(pairs, p)
		if i < len(f.Section) {
			now = p.value()
		}
	}
	return pairs, now, nil
}

// yamlKeys are the keys of a mapping.
type yamlKeys struct {
	at    map[string][]int // their indexes in Content, by name
	merge *yaml.Node       // a key that merges another mapping; nil: there is none
}

func (f yamlFile) keys(src []byte, in *yaml.Node) yamlKeys {
	keys, _ := recall(f.memo, src, in, func() (yamlKeys, error) {
		keys := yamlKeys{at: make(map[string][]int, len(in.Content)/2)}
		for i := 0; i < len(in.Content); i += 2 {
			switch k := in.Content[i]; {
			case k.Tag == "!!merge" && keys.merge == nil:
				keys.merge = k
			case k.Kind == yaml.ScalarNode:
				keys.at[k.Value] = append(keys.at[k.Value], i)
			}
		}
		return keys, nil
	})
	return keys
}

func (f yamlFile) find(src []byte) (*place, error) {
	pairs, _, err := f.walk(src)
	if err != nil || len(pairs) < len(f.path()) {
		return nil, err
	}
	p := pairs[len(pairs)-1]
	v := p.value()
	switch {
	case v.Kind == yaml.AliasNode:
		return nil, &LineError{v.Line, errors.New("the value is an alias")}
	case v.Anchor != "":
		return nil, &LineError{v.Line, fmt.Errorf("the value has the anchor &%s: what refers to it would change as well", v.Anchor)}
	case v.Style&yaml.TaggedStyle != 0:
		return nil, &LineError{v.Line, errors.New("the value has a tag, which is not supported")}
	}
	var value any
	if err := v.Decode(&value); err != nil {
		return nil, &LineError{v.Line, err}
	}
	return &place{value: yamlPlain(f.bare(v, value)), line: p.key().Line, at: p}, nil
}

func (f yamlFile) write(src []byte, p *place, value any) ([]Splice, error) {
	pair, _ := p.at.(yamlPair)
	s, err := f.locate(src, pair)
	if err != nil {
		return nil, err
	}
	text, err := writeYAML(value)
	v := pair.value()
	if str, ok := value.(string); ok && s.inline {
		switch {
		case v.Style&yaml.DoubleQuotedStyle != 0:
			text, err = writeJSON(value)
		case v.Style&yaml.SingleQuotedStyle != 0 && !strings.ContainsAny(str, "'\n\r"):
			text = "'" + str + "'"
		}
	}
	if s.from == s.colon {
		text = " " + text
	}
	return replace(src, s.from, s.to, text), err
}

func (f yamlFile) remove(src []byte, p *place) ([]Splice, error) {
	pair, _ := p.at.(yamlPair)
	s, err := f.locate(src, pair)
	if err != nil {
		return nil, err
	}
	if pair.flow() {
		return f.removeFlow(src, pair, s)
	}
	from := 1 + bytes.LastIndexByte(src[:s.key], '\n')
	if strings.TrimSpace(string(src[from:s.key])) != "" {
		return nil, &LineError{p.line, errors.New("the key shares its line with what it is in, so that it cannot be removed")}
	}
	return removeRows(src, from, lineEnd(src, s.to)), nil
}

// removeFlow removes a key with the comma before it, or behind the first one.
func (f yamlFile) removeFlow(src []byte, p yamlPair, s span) ([]Splice, error) {
	from, to := s.key, s.to
	switch {
	case p.index > 0:
		prev, err := f.locate(src, yamlPair{p.in, p.index - 2})
		if err != nil {
			return nil, err
		}
		from = prev.to
	case len(p.in.Content) > 2:
		next := p.in.Content[2]
		to = f.offset(src, next.Line, next.Column)
	}
	return []Splice{{At: from, Old: string(src[from:to])}}, nil
}

func (f yamlFile) insert(src []byte, value any) ([]Splice, int, error) {
	pairs, in, err := f.walk(src)
	if err != nil {
		return nil, 0, err
	}
	text, err := writeYAML(value)
	if err != nil {
		return nil, 0, err
	}
	rest := f.path()[len(pairs):]
	switch {
	case in == nil && len(pairs) == 0:
		return f.insertBlock(src, len(src), "", rest, text)
	case in == nil: // the last key on the way has no value
		p := pairs[len(pairs)-1]
		s, err := f.locate(src, p)
		if err != nil {
			return nil, 0, err
		}
		if p.flow() {
			return []Splice{{At: s.colon, New: " {" + flowYAML(rest, text) + "}"}}, p.key().Line, nil
		}
		return f.insertBlock(src, lineEnd(src, s.colon), strings.Repeat(" ", p.key().Column-1)+f.yamlStep(src), rest, text)
	case in.Style&yaml.FlowStyle != 0:
		return f.insertFlow(src, in, rest, text)
	}
	at, err := f.lastLine(src, yamlPair{in, len(in.Content) - 2})
	if err != nil {
		return nil, 0, err
	}
	return f.insertBlock(src, at, strings.Repeat(" ", in.Content[0].Column-1), rest, text)
}

func (f yamlFile) insertFlow(src []byte, in *yaml.Node, rest []string, text string) ([]Splice, int, error) {
	if len(in.Content) == 0 {
		return []Splice{{At: f.offset(src, in.Line, in.Column) + 1, New: flowYAML(rest, text)}}, in.Line, nil
	}
	s, err := f.locate(src, yamlPair{in, len(in.Content) - 2})
	return []Splice{{At: s.to, New: ", " + flowYAML(rest, text)}}, in.Line, err
}

// insertBlock adds a key on a line of its own, after lines for the missing keys around it.
func (f yamlFile) insertBlock(src []byte, at int, indent string, path []string, text string) ([]Splice, int, error) {
	var lines []string
	for i, name := range path {
		key, err := writeYAML(name)
		if err != nil {
			return nil, 0, err
		}
		line := indent + key + ":"
		if i == len(path)-1 {
			line += " " + text
		}
		lines = append(lines, line)
		indent += f.yamlStep(src)
	}
	return insertLines(src, at, lines...), lineOf(f.memo, src, at) + len(lines) - 1, nil
}

func flowYAML(path []string, text string) string {
	key, err := writeYAML(path[0])
	if err != nil {
		key = path[0]
	}
	if len(path) == 1 {
		return key + ": " + text
	}
	return key + ": {" + flowYAML(path[1:], text) + "}"
}

// yamlStep returns the indentation step of a file's mappings.
func (f yamlFile) yamlStep(src []byte) string {
	for _, r := range readRows(f.memo, src) {
		in := indentOf(r.text)
		if in != "" && strings.Trim(in, " ") == "" && !strings.HasPrefix(r.text[len(in):], "#") && len(in) < len(r.text) {
			return in
		}
	}
	return "  "
}
