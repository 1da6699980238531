package syntax

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/source"
)

// ChunkSize is the size in bytes from which a manifest is cut. The parser's time and memory per byte grow with the size
// of its input.
const ChunkSize = 8 << 10

// Chunk is a part of a manifest that parses on its own.
type Chunk struct {
	Doc   source.Document
	data  []byte
	start hcl.Pos
}

// Split cuts a manifest in native syntax between top-level blocks, into chunks of about size bytes. If the quick scanner
// is in doubt, it does not cut. It refuses nesting that would overflow the parser's stack.
func Split(s source.Document, size int) ([]Chunk, hcl.Diagnostics) {
	whole := []Chunk{Whole(s)}
	if s.JSON {
		return whole, checkJSONDepth(s)
	}
	sc := scanner{src: s.Data, size: size}
	if !sc.scan() {
		tokens, _ := hclsyntax.LexConfig(s.Data, s.Name, hcl.InitialPos) // the parser reports the errors
		return whole, CheckDepth(tokens)
	}
	if sc.deep() {
		return nil, hcl.Diagnostics{tooDeep(hcl.Range{Filename: s.Name, Start: hcl.InitialPos, End: hcl.InitialPos})}
	}
	if len(s.Data) < 2*size || len(sc.cuts) == 0 {
		return whole, nil
	}
	out := make([]Chunk, 0, len(sc.cuts)+1)
	at := hcl.InitialPos
	for _, c := range append(sc.cuts, cut{at: len(s.Data)}) {
		out = append(out, Chunk{Doc: s, data: s.Data[at.Byte:c.at], start: at})
		at = hcl.Pos{Line: c.line, Column: 1, Byte: c.at}
	}
	return out, nil
}

// cut is a byte offset at the start of a line.
type cut struct{ at, line int }

// scanner follows just enough of HCL's lexical grammar to find the end of a top-level block and the depth of
// expressions. On rare constructs it gives up instead of guessing.
type scanner struct {
	src  []byte
	size int // least bytes between cuts; 0: no cuts

	pos     int
	line    int
	stack   []frame
	marker  []byte // of the open heredoc
	pending int    // operators of all open expressions
	cuts    []cut
	last    int // offset of the latest cut

	brackets  int // most brackets open at once
	operators int // most operators pending at once
}

// frame is an open bracket ('{', '(', '['), a quoted template ('"'), a heredoc
// ('H') or a sequence in one of the two ('$').
type frame struct {
	open byte
	ops  int // operators since the expression began, which nest as they bind
}

// scan scans the whole source; false: in doubt.
func (s *scanner) scan() bool {
	if bytes.HasPrefix(s.src, []byte("\xef\xbb\xbf")) {
		return false
	}
	s.line = 1
	s.stack = append(s.stack, frame{open: '{'}) // the file itself
	s.brackets = 1
	for s.pos < len(s.src) {
		if !s.next() {
			return false
		}
	}
	return len(s.stack) == 1
}

// scanItem scans the block or attribute that begins here, to the end of its last line; false: in doubt.
func (s *scanner) scanItem() bool {
	s.line = 1
	s.stack = append(s.stack, frame{open: '{'})
	for s.pos < len(s.src) {
		ends := len(s.stack) == 1 && s.src[s.pos] == '\n'
		if !s.next() {
			return false
		}
		if ends {
			return true
		}
	}
	return len(s.stack) == 1
}

// next reads one step.
func (s *scanner) next() bool {
	switch s.top().open {
	case '"':
		return s.quoted()
	case 'H':
		return s.heredoc()
	}
	return s.code()
}

func (s *scanner) deep() bool { return s.brackets > maxBrackets || s.operators > maxOperators }

func (s *scanner) top() *frame { return &s.stack[len(s.stack)-1] }

func (s *scanner) push(open byte) {
	s.stack = append(s.stack, frame{open: open})
	s.brackets = max(s.brackets, len(s.stack))
}

func (s *scanner) pop() {
	s.pending -= s.top().ops
	s.stack = s.stack[:len(s.stack)-1]
}

// peek returns the byte n after the current one, 0 after the end.
func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

// code reads one step outside of templates.
func (s *scanner) code() bool {
	if s.skipPlain() {
		return true
	}
	switch c := s.src[s.pos]; c {
	case '\n':
		s.newline()
		return true
	case '{', '(', '[', '"':
		s.operand()
		s.push(c)
	case '}', ')', ']':
		return s.close(c)
	case '#':
		s.skipLine()
		return true
	case '/':
		if s.peek(1) == '/' {
			s.skipLine()
			return true
		}
		if s.peek(1) == '*' {
			return s.skipComment()
		}
		s.operand()
	case '<':
		if s.peek(1) == '<' {
			return s.openHeredoc()
		}
		s.operand()
	case ',':
		s.pending -= s.top().ops
		s.top().ops = 0
	case '+', '-', '*', '%', '!', '>', '=', '&', '|', '?', ':':
		s.operand()
	case 0, '\r', '`', '\'', ';', '\\', '$', '~':
		return c == '\r' && s.peek(1) == '\n' && s.step()
	}
	s.pos++
	return true
}

// skipPlain skips the bulk of a manifest outside of texts: names, numbers and spaces.
func (s *scanner) skipPlain() bool {
	start := s.pos
	for s.pos < len(s.src) {
		if c := s.src[s.pos]; c != ' ' && c != '.' && (c == '-' || !isMarkerByte(c)) {
			break
		}
		s.pos++
	}
	return s.pos > start
}

func (s *scanner) step() bool { s.pos++; return true }

// operand counts operators, which make an expression one level deeper.
func (s *scanner) operand() {
	s.top().ops++
	s.pending++
	s.operators = max(s.operators, s.pending)
}

func (s *scanner) newline() {
	s.pos++
	s.line++
	if f := s.top(); f.open == '{' {
		s.pending -= f.ops
		f.ops = 0
	}
	if s.size > 0 && len(s.stack) == 1 && s.pos-s.last >= s.size && s.pos < len(s.src) {
		s.cuts = append(s.cuts, cut{s.pos, s.line})
		s.last = s.pos
	}
}

func (s *scanner) close(c byte) bool {
	open := s.top().open
	if len(s.stack) == 1 {
		return false
	}
	switch {
	case c == '}' && (open == '{' || open == '$'), c == ')' && open == '(', c == ']' && open == '[':
		s.pop()
		s.pos++
		return true
	}
	return false
}

func (s *scanner) skipLine() {
	if n := bytes.IndexByte(s.src[s.pos:], '\n'); n >= 0 {
		s.pos += n
		return
	}
	s.pos = len(s.src)
}

func (s *scanner) skipComment() bool {
	n := bytes.Index(s.src[s.pos+2:], []byte("*/"))
	if n < 0 {
		return false
	}
	s.line += bytes.Count(s.src[s.pos:s.pos+2+n], []byte("\n"))
	s.pos += n + 4
	return true
}
