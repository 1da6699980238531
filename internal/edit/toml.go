package edit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlFile is the grammar of TOML.
type tomlFile struct{ *Setting }

// tomlKey is one key with its value, or the header of a table.
type tomlKey struct {
	path     []string // of the table and the key
	header   bool     // [path]
	array    bool     // it is in a table that is one of several
	from, to int      // of a key: the value; of a header: the line
	line     int
}

func parseTOML(src []byte) (any, error) {
	tree := map[string]any{}
	if err := toml.Unmarshal(src, &tree); err != nil {
		return nil, tomlError(src, err)
	}
	return tree, nil
}

func tomlError(_ []byte, err error) error {
	var d *toml.DecodeError
	if errors.As(err, &d) {
		line, _ := d.Position()
		return &LineError{line, d}
	}
	return err
}

// scan lists the keys and headers of a file.
func (f tomlFile) scan(src []byte) ([]tomlKey, error) {
	if _, err := parseTOML(src); err != nil {
		return nil, err
	}
	var out []tomlKey
	var table []string
	inArray := false
	line, counted := 1, 0
	p := unstable.Parser{}
	p.Reset(src)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.KeyValue && e.Kind != unstable.Table && e.Kind != unstable.ArrayTable {
			continue
		}
		var names []string
		end := 0
		for it := e.Key(); it.Next(); {
			n := it.Node()
			names = append(names, string(n.Data))
			end = int(n.Raw.Offset + n.Raw.Length)
		}
		line += bytes.Count(src[counted:end], []byte{'\n'})
		counted = end
		k := tomlKey{line: line}
		if e.Kind == unstable.KeyValue {
			k.path, k.array = slices.Concat(table, names), inArray
			k.from, k.to = tomlValue(src, end)
		} else {
			table, inArray = names, e.Kind == unstable.ArrayTable
			k.path, k.header, k.array = names, true, inArray
			k.from = 1 + bytes.LastIndexByte(src[:end], '\n')
			k.to = lineEnd(src, end)
		}
		out = append(out, k)
	}
	return out, p.Error()
}

// lineEnd returns the offset behind the line of an offset.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

// tomlValue returns where the value is of the key that ends at an offset.
func tomlValue(src []byte, at int) (from, to int) {
	for at < len(src) && (isBlank(src[at]) || src[at] == '=') {
		at++
	}
	from = at
	depth := 0
	for at < len(src) {
		switch c := src[at]; {
		case c == '"' || c == '\'':
			at = tomlString(src, at)
			continue
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == '#' || c == '\n' || c == '\r':
			if depth == 0 {
				return from, from + len(bytes.TrimRight(src[from:at], " \t"))
			}
			if c == '#' {
				at = lineEnd(src, at)
				continue
			}
		}
		at++
	}
	return from, from + len(bytes.TrimRight(src[from:], " \t"))
}

// tomlString returns the offset behind the string that begins at an offset.
func tomlString(src []byte, at int) int {
	quote := src[at : at+1]
	if triple := bytes.Repeat(quote, 3); bytes.HasPrefix(src[at:], triple) {
		for i := at + 3; i < len(src); i++ {
			switch {
			case src[i] == '\\' && quote[0] == '"':
				i++
			case bytes.HasPrefix(src[i:], triple):
				for i += 3; i < len(src) && src[i] == quote[0]; { // up to two quotes belong to the string
					i++
				}
				return i
			}
		}
		return len(src)
	}
	for i := at + 1; i < len(src); i++ {
		switch {
		case src[i] == '\\' && quote[0] == '"':
			i++
		case src[i] == quote[0]:
			return i + 1
		}
	}
	return len(src)
}

// tomlRead is a file as it was read.
type tomlRead struct {
	keys []tomlKey
	tree any
}

func (f tomlFile) read(src []byte) (*tomlRead, error) {
	return recall(f.memo, src, TOML, func() (*tomlRead, error) {
		keys, err := f.scan(src)
		if err != nil {
			return nil, err
		}
		tree, err := parseTOML(src)
		return &tomlRead{keys, tomlPlain(tree)}, err
	})
}

func (f tomlFile) find(src []byte) (*place, error) {
	file, err := f.read(src)
	if err != nil {
		return nil, err
	}
	want := f.path()
	for _, k := range file.keys {
		switch {
		case k.array && len(k.path) <= len(want) && slices.Equal(k.path, want[:len(k.path)]):
			return nil, &LineError{k.line, fmt.Errorf("[[%s]] is one of several tables, so that its keys have no names of their own", strings.Join(k.path, "."))}
		case k.header && slices.Equal(k.path, want), k.header && len(k.path) > len(want) && slices.Equal(k.path[:len(want)], want):
			return nil, &LineError{k.line, fmt.Errorf("%s is a table here: name a key in it", f.name())}
		case k.header:
		case slices.Equal(k.path, want):
			return &place{value: at(file.tree, want), line: k.line, at: k}, nil
		case len(k.path) < len(want) && slices.Equal(k.path, want[:len(k.path)]):
			return nil, &LineError{k.line, fmt.Errorf("%s is a value here, and not a table of its own: set the whole of it", strings.Join(k.path, "."))}
		case len(k.path) > len(want) && slices.Equal(k.path[:len(want)], want):
			return nil, &LineError{k.line, fmt.Errorf("%s is made of dotted keys here: name one of them", f.name())}
		}
	}
	return nil, nil
}

// tomlPlain makes dates strings.
func tomlPlain(v any) any {
	switch v := v.(type) {
	case fmt.Stringer:
		return v.String()
	case []any:
		for i := range v {
			v[i] = tomlPlain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = tomlPlain(v[k])
		}
	}
	return v
}

func (f tomlFile) write(src []byte, p *place, value any) ([]Splice, error) {
	k, _ := p.at.(tomlKey)
	text, err := writeTOML(value)
	if err != nil {
		return nil, &LineError{p.line, err}
	}
	return replace(src, k.from, k.to, text), nil
}

func (f tomlFile) remove(src []byte, p *place) ([]Splice, error) {
	k, _ := p.at.(tomlKey)
	from := 1 + bytes.LastIndexByte(src[:k.from], '\n')
	return removeRows(src, from, lineEnd(src, k.to)), nil
}

func (f tomlFile) insert(src []byte, value any) ([]Splice, int, error) {
	keys, err := f.scan(src)
	if err != nil {
		return nil, 0, err
	}
	text, err := writeTOML(value)
	if err != nil {
		return nil, 0, err
	}
	line := keyTOML(f.Key) + " = " + text
	at := -1
	in := len(f.Section) == 0
	for _, k := range keys {
		switch {
		case k.header && !in && slices.Equal(k.path, f.Section):
			in, at, line = true, k.to, indentOf(string(src[k.from:]))+line
		case k.header && in:
			in = false
			if at < 0 { // the root has no key: before the first table and its comments
				at = aboveComments(src, k.from)
			}
		case !k.header && in:
			at = lineEnd(src, k.to)
			start := 1 + bytes.LastIndexByte(src[:k.from], '\n')
			line = indentOf(string(src[start:k.from])) + strings.TrimLeft(line, " \t")
		}
	}
	switch {
	case at < 0 && len(f.Section) == 0:
		at = len(src)
	case at < 0:
		var names []string
		for _, name := range f.Section {
			names = append(names, keyTOML(name))
		}
		lines := []string{"", "[" + strings.Join(names, ".") + "]", line}
		if len(bytes.TrimSpace(src)) == 0 {
			lines = lines[1:]
		}
		return insertLines(src, len(src), lines...), lineAt(src, len(src)) + len(lines) - 1, nil
	}
	return insertLines(src, at, line), lineAt(src, at), nil
}

// aboveComments returns the beginning of the comment right above an offset.
func aboveComments(src []byte, at int) int {
	for at > 0 {
		start := 1 + bytes.LastIndexByte(src[:at-1], '\n')
		if !bytes.HasPrefix(bytes.TrimSpace(src[start:at]), []byte("#")) {
			break
		}
		at = start
	}
	return at
}
