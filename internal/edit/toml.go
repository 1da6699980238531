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
	array    bool     // it belongs to an array of tables
	table    int      // how many names of the path belong to the table
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

// scan lists the keys and headers of a file that was parsed.
func (f tomlFile) scan(src []byte) ([]tomlKey, error) {
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
			k.path, k.array, k.table = slices.Concat(table, names), inArray, len(table)
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

// tomlValue returns the place of the value of the key that ends at an offset.
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

// tomlRead is a parsed file.
type tomlRead struct {
	keys  []tomlKey
	tree  any
	exact map[string][2]int // by path: the first header, the first other key; -1: there is none
	below map[string]int    // by path: the first key whose path continues it
}

func (f tomlFile) read(src []byte) (*tomlRead, error) {
	return recall(f.memo, src, TOML, func() (*tomlRead, error) {
		tree, err := parseTOML(src)
		if err != nil {
			return nil, err
		}
		keys, err := f.scan(src)
		out := &tomlRead{keys: keys, tree: tree, exact: map[string][2]int{}, below: map[string]int{}}
		for i := range keys {
			out.add(i)
		}
		return out, err
	})
}

func (r *tomlRead) add(i int) {
	k := r.keys[i]
	known, ok := r.exact[joinNames(k.path)]
	if !ok {
		known = [2]int{-1, -1}
	}
	kind := 1
	if k.header && !k.array {
		kind = 0
	}
	if known[kind] < 0 {
		known[kind] = i
	}
	r.exact[joinNames(k.path)] = known
	for n := 1; n < len(k.path); n++ {
		if _, ok := r.below[joinNames(k.path[:n])]; !ok {
			r.below[joinNames(k.path[:n])] = i
		}
	}
}

// joinNames makes a path the key of a map.
func joinNames(path []string) string { return strings.Join(path, "\x00") }

// about returns the keys that may concern a path, in order.
func (r *tomlRead) about(path []string) (out []tomlKey) {
	var at []int
	for n := 1; n <= len(path); n++ {
		if known, ok := r.exact[joinNames(path[:n])]; ok {
			at = append(at, known[:]...)
		}
	}
	if i, ok := r.below[joinNames(path)]; ok {
		at = append(at, i)
	}
	slices.Sort(at)
	for _, i := range slices.Compact(at) {
		if i >= 0 {
			out = append(out, r.keys[i])
		}
	}
	return out
}

func (f tomlFile) find(src []byte) (*place, error) {
	file, err := f.read(src)
	if err != nil {
		return nil, err
	}
	want := f.path()
	for _, k := range file.about(want) {
		switch {
		case k.array && len(k.path) <= len(want) && slices.Equal(k.path, want[:len(k.path)]):
			return nil, &LineError{k.line, fmt.Errorf("[[%s]] is one of several tables, so that its keys have no names of their own", strings.Join(k.path, "."))}
		case k.header && slices.Equal(k.path, want), k.header && len(k.path) > len(want) && slices.Equal(k.path[:len(want)], want):
			return nil, &LineError{k.line, fmt.Errorf("%s is a table here: name a key in it", f.name())}
		case k.header:
		case slices.Equal(k.path, want):
			return &place{value: f.bare(at(file.tree, want), src, k), line: k.line, at: k}, nil
		case len(k.path) < len(want) && slices.Equal(k.path, want[:len(k.path)]):
			return nil, &LineError{k.line, fmt.Errorf("%s is a value here, and not a table of its own: set the whole of it", strings.Join(k.path, "."))}
		case len(k.path) > len(want) && slices.Equal(k.path[:len(want)], want):
			return nil, &LineError{k.line, fmt.Errorf("%s is made of dotted keys here: name one of them", f.name())}
		}
	}
	return nil, nil
}

// tomlPlain is a value with strings instead of dates.
func tomlPlain(v any) any {
	switch v := v.(type) {
	case fmt.Stringer:
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = tomlPlain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = tomlPlain(v[k])
		}
		return out
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
	file, err := f.read(src)
	if err != nil {
		return nil, 0, err
	}
	text, err := writeTOML(value)
	if err != nil {
		return nil, 0, err
	}
	room := f.roomIn(src, file)
	lines := append(slices.Clone(room.header), room.like.indent+room.like.name+keyTOML(f.Key)+" = "+text)
	return insertLines(src, room.at, lines...), room.line + len(room.header), nil
}

func (f tomlFile) roomIn(src []byte, file *tomlRead) room {
	room, _ := recall(f.memo, src, roomOf{section: joinNames(f.Section)}, func() (room, error) { return f.room(src, file.keys), nil })
	return room
}

// room returns the place for a new key in the section.
func (f tomlFile) room(src []byte, keys []tomlKey) room {
	out := room{at: -1}
	in := len(f.Section) == 0
	for _, k := range keys {
		switch {
		case k.header && !in && slices.Equal(k.path, f.Section):
			in, out.at, out.like.indent = true, k.to, indentOf(string(src[k.from:k.to]))
		case k.header && in:
			in = false
			if out.at < 0 { // the root has no key: before the first table, its comments and the empty lines above
				out.at = aboveBlank(src, aboveComments(src, k.from))
			}
		case !k.header && (in || f.isDotted(k)):
			out.at = lineEnd(src, k.to)
			start := 1 + bytes.LastIndexByte(src[:k.from], '\n')
			out.like.indent = indentOf(string(src[start:k.from]))
			if !in {
				out.like.name = namesTOML(f.Section[k.table:]) + "."
			}
		}
	}
	switch {
	case out.at < 0 && len(f.Section) == 0:
		out.at = len(src)
	case out.at < 0:
		out.at, out.header = len(src), []string{"", "[" + namesTOML(f.Section) + "]"}
		if len(bytes.TrimSpace(src)) == 0 {
			out.header = out.header[1:]
		}
	}
	out.line = lineAt(src, out.at)
	return out
}

// isDotted reports whether a key makes the section by the dots in its name: the section can have no header then.
func (f tomlFile) isDotted(k tomlKey) bool {
	n := len(f.Section)
	return k.table < n && n < len(k.path) && slices.Equal(k.path[:n], f.Section)
}

// isBetween reports whether a new key of the setting has dots in its name: its place is among keys of other sections.
func (s *Setting) isBetween(src []byte) bool {
	if s.Format != TOML {
		return false
	}
	f := tomlFile{s}
	file, err := f.read(src)
	return err == nil && f.roomIn(src, file).like.name != ""
}

// namesTOML joins names with dots.
func namesTOML(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = keyTOML(name)
	}
	return strings.Join(out, ".")
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

// aboveBlank returns where the empty lines above an offset begin, if anything is above them.
func aboveBlank(src []byte, at int) int {
	text := bytes.TrimRight(src[:at], "\r\n")
	if len(text) == 0 {
		return at
	}
	return lineEnd(src, len(text))
}
