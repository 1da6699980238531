package edit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Scope is the place of a hunk's key: another section or object may have the same text.
type Scope struct {
	Format  Format   `json:"format"`
	Dialect Dialect  `json:"dialect,omitempty"`
	Path    []string `json:"path"` // of the key
}

// scoped records in the hunks of a part where its key is.
func scoped(p Part, hunks []Hunk) []Hunk {
	s, ok := p.(*Setting)
	if !ok {
		return hunks
	}
	scope := &Scope{s.Format, s.Dialect, s.path()}
	for i := range hunks {
		hunks[i].In = scope
	}
	return hunks
}

// has reports whether a place of a file may be that of a hunk of the key.
func (s *Scope) has(text string, at int, h Hunk) bool {
	if s == nil {
		return true
	}
	switch s.Format {
	case JSON:
		hasComma := strings.HasPrefix(h.New, ",") || strings.HasPrefix(h.Old, ",")
		return (hasComma || isBeforeComma(h.Next) == isBeforeComma(text[at+len(h.New):])) && s.isWithin(objectsAt(text, at))
	case YAML:
		path, ok := mappingsAt(text, at, h)
		return !ok || s.isWithin(path)
	case TOML:
		if strings.Contains("\n"+h.Old+h.New, "\n[") { // with a table of its own
			return true
		}
		return slices.Equal(headerAt(text, at, tomlHeader), s.Path[:len(s.Path)-1]) || s.isWithin(headerAt(text, at, tomlHeader))
	}
	f := s.Dialect.rules(s.Format)
	if !f.sections && !f.match {
		return true
	}
	own := func(line string) []string {
		if name, ok := f.header(line); ok {
			return []string{f.foldSection(name)}
		}
		return nil
	}
	for line := range strings.Lines(h.Old + "\n" + h.New) {
		if own(strings.TrimRight(line, "\r\n")) != nil { // with a section of its own
			return true
		}
	}
	return strings.Join(headerAt(text, at, own), "") == f.foldSection(strings.Join(s.Path[:len(s.Path)-1], "."))
}

// isBeforeComma reports whether a text begins with a comma: a key that was the last one had none behind it.
func isBeforeComma(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), ",")
}

// isWithin reports whether a path is on the way to the key.
func (s *Scope) isWithin(path []string) bool {
	return len(path) <= len(s.Path) && slices.Equal(path, s.Path[:len(path)])
}

// headerAt returns the result of read for the last header before an offset; nil if there is none.
func headerAt(text string, at int, read func(line string) []string) []string {
	for at > 0 {
		start := 1 + strings.LastIndexByte(text[:at-1], '\n')
		line, _, _ := strings.Cut(text[start:], "\n")
		if name := read(strings.TrimSuffix(line, "\r")); name != nil {
			return name
		}
		at = start
	}
	return nil
}

// tomlHeader returns the names of the table that a line begins; nil if it begins none.
func tomlHeader(line string) []string {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "[") {
		return nil
	}
	keys, err := tomlFile{&Setting{}}.scan([]byte(line + "\n"))
	if err != nil || len(keys) != 1 || !keys[0].header {
		return nil
	}
	return keys[0].path
}

// objectsAt returns the names of the objects around an offset of a JSON text.
func objectsAt(text string, at int) []string {
	src := []byte(text[:at])
	var in []string
	name := ""
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			end := tomlString(src[:lineEnd(src, i)], i)
			if rest := strings.TrimLeft(text[end:], " \t\r\n"); strings.HasPrefix(rest, ":") && json.Unmarshal(src[i:end], &name) != nil {
				name = string(src[i:end])
			}
			i = end - 1
		case bytes.HasPrefix(src[i:], []byte("//")):
			i = lineEnd(src, i) - 1
		case bytes.HasPrefix(src[i:], []byte("/*")):
			if end := bytes.Index(src[i+2:], []byte("*/")); end >= 0 {
				i += end + 3
			}
		case c == '[' || c == '{':
			in = append(in, name)
		case (c == ']' || c == '}') && len(in) > 0:
			in = in[:len(in)-1]
		}
	}
	return in[min(1, len(in)):] // the first is the whole text
}

// mappingsAt returns the keys around a hunk's text at an offset of a YAML text; false if they are not known, as in
// brackets and lists.
func mappingsAt(text string, at int, h Hunk) (path []string, ok bool) {
	start := 1 + strings.LastIndexByte(text[:at], '\n')
	own := text[start:at]
	if strings.TrimSpace(own) == "" {
		own += h.New
		if h.New == "" {
			own += h.Old
		}
		own = strings.TrimLeft(own, "\r\n")
	}
	depth := len(indentOf(own))
	for start > 0 && depth > 0 {
		end := start
		start = 1 + strings.LastIndexByte(text[:end-1], '\n')
		line := strings.TrimRight(text[start:end], "\r\n")
		key := strings.TrimLeft(line, " ")
		if key == "" || key[0] == '#' || len(line)-len(key) >= depth {
			continue
		}
		depth = len(line) - len(key)
		name, rest, isKey := strings.Cut(key, ":")
		if !isKey || strings.ContainsAny(name, "{}[]\"'- ") || strings.TrimSpace(rest) != "" && !strings.HasPrefix(strings.TrimSpace(rest), "#") {
			return nil, false
		}
		path = append([]string{name}, path...)
	}
	return path, true
}
