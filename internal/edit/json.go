package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonFile is the grammar of JSON with comments and trailing commas.
type jsonFile struct{ *Setting }

func parseJSON(src []byte) (any, error) {
	if isBare(src) {
		return map[string]any{}, nil
	}
	if err := checkDepth(src); err != nil {
		return nil, err
	}
	std, err := hujson.Standardize(slices.Clone(src))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(std))
	d.UseNumber()
	return readValue(d)
}

// several are the values of a key that an object has several times.
type several []any

// readValue reads a value. It marks a key that an object has twice.
func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		out := []any{}
		for d.More() {
			v, err := readValue(d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := d.Token()
		return out, err
	case json.Delim('{'):
		return readObject(d)
	}
	return numbers(token), nil
}

func readObject(d *json.Decoder) (any, error) {
	out := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		had, known := out[name]
		switch all, ok := had.(several); {
		case !known:
			out[name] = v
		case ok:
			out[name] = append(all, v)
		default:
			out[name] = several{had, v}
		}
	}
	_, err := d.Token()
	return out, err
}

// isBare reports whether a file has nothing but comments and blanks.
func isBare(src []byte) bool {
	for i := 0; i < len(src); i++ {
		switch {
		case bytes.HasPrefix(src[i:], []byte("//")):
			i = lineEnd(src, i) - 1
		case bytes.HasPrefix(src[i:], []byte("/*")):
			end := bytes.Index(src[i+2:], []byte("*/"))
			if end < 0 {
				return false
			}
			i += end + 3
		case strings.IndexByte(" \t\r\n", src[i]) < 0:
			return false
		}
	}
	return true
}

// numbers converts the numbers of a tree to those of a value.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if x, err := v.Float64(); err == nil {
			return x
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// jsonKey is a key of an object.
type jsonKey struct {
	in    *hujson.Object
	index int
}

// root parses a file.
func (f jsonFile) root(src []byte) (*hujson.Value, error) {
	return recall(f.memo, src, JSON, func() (*hujson.Value, error) {
		if err := checkDepth(src); err != nil {
			return nil, err
		}
		v, err := hujson.Parse(src)
		return &v, err
	})
}

// walk returns the existing objects on the way to the key, the outermost first.
func (f jsonFile) walk(src []byte) (objects []*hujson.Object, key *jsonKey, err error) {
	now, err := f.root(src)
	if err != nil {
		return nil, nil, err
	}
	for i, name := range f.path() {
		o, ok := now.Value.(*hujson.Object)
		if !ok {
			return nil, nil, &LineError{lineOf(f.memo, src, now.StartOffset), fmt.Errorf("this is no object, so that there can be no key %q in it", name)}
		}
		objects = append(objects, o)
		at := f.members(src, o)[name]
		switch {
		case len(at) == 0:
			return objects, nil, nil
		case len(at) > 1:
			return nil, nil, &LineError{lineOf(f.memo, src, o.Members[at[1]].Name.StartOffset), fmt.Errorf("the key %q is there twice", name)}
		case i == len(f.Section):
			return objects, &jsonKey{o, at[0]}, nil
		}
		now = &o.Members[at[0]].Value
	}
	return nil, nil, errors.New("no key is named")
}

// members finds the members of an object by their names.
func (f jsonFile) members(src []byte, o *hujson.Object) map[string][]int {
	all, _ := recall(f.memo, src, o, func() (map[string][]int, error) {
		all := make(map[string][]int, len(o.Members))
		for i := range o.Members {
			if n, ok := o.Members[i].Name.Value.(hujson.Literal); ok {
				all[n.String()] = append(all[n.String()], i)
			}
		}
		return all, nil
	})
	return all
}

func (f jsonFile) find(src []byte) (*place, error) {
	if isBare(src) {
		return nil, nil
	}
	_, k, err := f.walk(src)
	if err != nil || k == nil {
		return nil, err
	}
	v := k.in.Members[k.index].Value
	value, err := parseJSON(src[v.StartOffset:v.EndOffset])
	return &place{value: value, line: lineOf(f.memo, src, v.StartOffset), at: k}, err
}

func (f jsonFile) write(src []byte, p *place, value any) ([]Splice, error) {
	k, _ := p.at.(*jsonKey)
	v := k.in.Members[k.index].Value
	text, err := writeJSON(value)
	return replace(src, v.StartOffset, v.EndOffset, text), err
}

// remove removes the key, with the objects that were made for it unless they contain more.
func (f jsonFile) remove(src []byte, p *place) ([]Splice, error) {
	k, _ := p.at.(*jsonKey)
	if out, err := f.hollow(src, k); err != nil || len(out) > 0 {
		return out, err
	}
	return f.removeMember(src, k)
}

// removeMember removes a key with its value and one comma. Comments stay; lines without anything else are removed
// whole.
func (f jsonFile) removeMember(src []byte, k *jsonKey) (out []Splice, err error) {
	m := k.in.Members
	v := m[k.index].Value
	from, to := m[k.index].Name.StartOffset, v.EndOffset
	comma := to + len(v.AfterExtra) // the last key has one only if it has an AfterExtra
	switch {
	case k.index == len(m)-1 && v.AfterExtra == nil:
		if comma = -1; k.index > 0 {
			prev := m[k.index-1].Value
			at := prev.EndOffset + len(prev.AfterExtra)
			out = append(out, Splice{At: at, Old: ","})
		}
	case len(bytes.TrimSpace(v.AfterExtra)) == 0:
		comma, to = -1, comma+1
	}
	if comma >= 0 { // a comment is before it
		return append(out, Splice{At: from, Old: string(src[from:to])}, Splice{At: comma, Old: ","}), nil
	}
	before := from
	for before > 0 && isBlank(src[before-1]) {
		before--
	}
	behind := to
	for behind < len(src) && isBlank(src[behind]) {
		behind++
	}
	end := lineEnd(src, behind)
	switch {
	case before > 0 && src[before-1] == '\n' && len(bytes.TrimRight(src[behind:end], "\r\n")) == 0:
		from, to = before, end
	case k.index < len(m)-1 && src[from-1] == ',': // the next key has the blanks
	case k.index < len(m)-1:
		to = behind
	case before > 0 && src[before-1] != '\n':
		from = before
	}
	return append(out, Splice{At: from, Old: string(src[from:to])}), nil
}

// maxDepth is the deepest nesting of objects and lists: the parser calls itself for each.
const maxDepth = 10_000

// checkDepth refuses a nesting that would overflow the parser's stack.
func checkDepth(src []byte) error {
	depth := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			i = tomlString(src[:lineEnd(src, i)], i) - 1
		case bytes.HasPrefix(src[i:], []byte("//")):
			i = lineEnd(src, i) - 1
		case bytes.HasPrefix(src[i:], []byte("/*")):
			if end := bytes.Index(src[i+2:], []byte("*/")); end >= 0 {
				i += end + 3
			}
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return &LineError{lineAt(src, i), fmt.Errorf("more than %d objects and lists lie in one another", maxDepth)}
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

func (f jsonFile) insert(src []byte, value any) ([]Splice, int, error) {
	path := f.path()
	if isBare(src) {
		text, err := f.nested(path, value, "\n  ", "  ")
		return []Splice{{At: len(src), New: "{" + text + "\n}\n"}}, lineAt(src, len(src)), err
	}
	objects, _, err := f.walk(src)
	if err != nil {
		return nil, 0, err
	}
	o, rest := objects[len(objects)-1], path[len(objects)-1:]
	nl := newline(src)
	if len(o.Members) == 0 {
		return f.insertFirst(src, o, rest, value)
	}
	last := o.Members[len(o.Members)-1]
	before, step, isSame := string(last.Name.BeforeExtra), f.indentStep(src), 0 // 1: it is inserted into the line of the last key
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = nl + before[i+1:]
		before = before[:len(nl)] + indentOf(before[len(nl):])
	} else {
		before, step, isSame = " ", "", 1
	}
	text, err := f.nested(rest, value, before, step)
	if err != nil {
		return nil, 0, err
	}
	if isSame == 0 {
		if splices := f.beforeBlock(src, last.Value.EndOffset, text); splices != nil {
			return splices, lineOf(f.memo, src, splices[0].At), nil
		}
	}
	at := last.Value.EndOffset
	if last.Value.AfterExtra != nil { // a comma follows the last key
		at += len(last.Value.AfterExtra) + 1
		line, to := f.behind(src, at, o.AfterExtra)
		return []Splice{{At: to, New: text + ","}}, line - isSame, nil
	}
	line, to := f.behind(src, at, o.AfterExtra)
	line -= isSame
	if to == at {
		return []Splice{{At: at, New: "," + text}}, line, nil
	}
	return []Splice{{At: at, New: ","}, {At: to, New: text}}, line, nil
}

// insertFirst adds a key to an object without any.
func (f jsonFile) insertFirst(src []byte, o *hujson.Object, rest []string, value any) ([]Splice, int, error) {
	closing := f.closing(src, o)
	if isInside := len(rest) < len(f.path()); isInside && !bytes.ContainsRune(bytes.TrimSpace(src), '\n') { // everything is in one line
		text, err := f.nested(rest, value, "", "")
		return []Splice{{At: closing, New: text}}, lineAt(src, closing), err
	}
	nl, step := newline(src), f.indentStep(src)
	start := closing
	for start > 0 && src[start-1] != '\n' {
		start--
	}
	outer := indentOf(string(src[start:]))
	text, err := f.nested(rest, value, nl+outer+step, step)
	if strings.TrimSpace(string(src[start:closing])) == "" && start > 0 { // the brace is on a line of its own
		return []Splice{{At: start - len(nl), New: text}}, lineAt(src, start), err
	}
	return []Splice{{At: closing, New: text + nl + outer}}, lineAt(src, closing) + 1, err
}

// closing returns the place of the closing brace of an object without keys.
func (f jsonFile) closing(src []byte, o *hujson.Object) int {
	v, err := hujson.Parse(src)
	if err != nil {
		return 0
	}
	at := 0
	now := &v
	for _, name := range f.path() {
		x, ok := now.Value.(*hujson.Object)
		if !ok {
			break
		}
		at = now.EndOffset - 1
		if len(x.Members) == 0 {
			break
		}
		for j := range x.Members {
			if n, ok := x.Members[j].Name.Value.(hujson.Literal); ok && n.String() == name {
				now = &x.Members[j].Value
			}
		}
	}
	return at
}

// nested writes a key in missing objects. before is the text in front of the key: a newline and its indentation, or a
// blank.
func (f jsonFile) nested(path []string, value any, before, step string) (string, error) {
	name, err := writeJSON(path[0])
	if err != nil {
		return "", err
	}
	if len(path) == 1 {
		text, err := writeJSON(value)
		return before + name + ": " + text, err
	}
	if step == "" {
		inner, err := f.nested(path[1:], value, "", "")
		return before + name + ": {" + inner + "}", err
	}
	inner, err := f.nested(path[1:], value, before+step, step)
	return before + name + ": {" + inner + before + "}", err
}

// indentStep returns the indentation step of a file.
func (f jsonFile) indentStep(src []byte) string {
	for _, r := range readRows(f.memo, src) {
		if in := indentOf(r.text); in != "" && len(in) < len(r.text) {
			return in
		}
	}
	return "  "
}
