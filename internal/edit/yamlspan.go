package edit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlPair is a key of a mapping.
type yamlPair struct {
	in    *yaml.Node
	index int // of the key in in.Content
}

func (p yamlPair) key() *yaml.Node   { return p.in.Content[p.index] }
func (p yamlPair) value() *yaml.Node { return p.in.Content[p.index+1] }
func (p yamlPair) flow() bool        { return p.in.Style&yaml.FlowStyle != 0 }

func isEmptyNode(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == ""
}

// offset converts a line and a column, counted in runes from 1.
func (f yamlFile) offset(src []byte, line, column int) int {
	at := len(src)
	if lines := readRows(f.memo, src); line <= len(lines) {
		at = lines[line-1].start
	}
	for ; column > 1 && at < len(src); column-- {
		_, size := utf8.DecodeRune(src[at:])
		at += size
	}
	return at
}

// span is the place of a pair.
type span struct {
	key      int // where the key begins
	colon    int // behind the colon
	from, to int // the value; behind the colon if it is not on the key's line
	inline   bool
}

// locate finds the bytes of a pair.
func (f yamlFile) locate(src []byte, p yamlPair) (s span, err error) {
	k, v := p.key(), p.value()
	s.key = f.offset(src, k.Line, k.Column)
	if s.colon = endOfScalar(src, s.key, k); s.colon >= 0 {
		s.colon += len(indentOf(string(src[s.colon:])))
	}
	if s.colon < 0 || s.colon >= len(src) || src[s.colon] != ':' {
		return s, &LineError{k.Line, fmt.Errorf("the key %q is written in a way that is not supported", k.Value)}
	}
	s.colon++
	if isEmptyNode(v) {
		s.from, s.to, s.inline = s.colon, s.colon, true
		return s, nil
	}
	s.from = f.offset(src, v.Line, v.Column)
	switch {
	case v.Kind == yaml.ScalarNode && v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		s.to = endOfScalar(src, s.from, v)
	case v.Style&yaml.FlowStyle != 0:
		s.to = endOfFlow(src, s.from)
	default:
		s.to = -1
	}
	if s.inline = s.to >= 0; !s.inline {
		if p.flow() {
			return s, &LineError{v.Line, errors.New("the value is written in a way that is not supported")}
		}
		s.from, s.to = s.colon, f.blockEnd(src, p)
	}
	return s, nil
}

// endOfScalar returns the end of a scalar; -1 if it is not on one line.
func endOfScalar(src []byte, from int, n *yaml.Node) int {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := from + 1; i < len(src); i++ {
			switch src[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := from + 1; i < len(src); i++ {
			if src[i] != '\'' {
				continue
			}
			if i+1 == len(src) || src[i+1] != '\'' {
				return i + 1
			}
			i++
		}
	case bytes.HasPrefix(src[from:], []byte(n.Value)):
		return from + len(n.Value)
	}
	return -1
}

// endOfFlow returns the end of a list or mapping in brackets.
func endOfFlow(src []byte, from int) int {
	depth := 0
	for i := from; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"' || c == '\'' && strings.IndexByte(" \t\n[{,:", src[i-1]) >= 0:
			style := yaml.DoubleQuotedStyle
			if c == '\'' {
				style = yaml.SingleQuotedStyle
			}
			end := endOfScalar(src, i, &yaml.Node{Style: style})
			if end < 0 {
				return -1
			}
			i = end - 1
		case c == '#' && strings.IndexByte(" \t\n", src[i-1]) >= 0:
			i = lineEnd(src, i) - 1
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// blockEnd returns the end of the last line of a value below its key.
func (f yamlFile) blockEnd(src []byte, p yamlPair) int {
	indent := p.key().Column - 1
	isList := p.value().Kind == yaml.SequenceNode
	end := 0
	lines := readRows(f.memo, src)
	for _, r := range lines[min(p.key().Line-1, len(lines)):] {
		text := strings.TrimLeft(r.text, " ")
		deep := len(r.text) - len(text)
		switch {
		case text == "":
		case r.number == p.key().Line, deep > indent, isList && deep == indent && (text == "-" || strings.HasPrefix(text, "- ")):
			end = r.stop()
		case strings.HasPrefix(text, "#"): // it may be inside
		default:
			return end
		}
	}
	return end
}

// lastLine returns the offset behind the last line of a pair. It includes indented comments below a key without a
// value.
func (f yamlFile) lastLine(src []byte, p yamlPair) (int, error) {
	s, err := f.locate(src, p)
	if err != nil {
		return 0, err
	}
	if isEmptyNode(p.value()) && !p.flow() {
		s.to = max(s.to, f.blockEnd(src, p))
	}
	return lineEnd(src, s.to), nil
}
