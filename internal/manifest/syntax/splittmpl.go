package syntax

import (
	"bytes"
)

// quoted reads one step of a quoted template, up to its end or an interpolation.
func (s *scanner) quoted() bool {
	rest := s.src[s.pos:]
	n := bytes.IndexByte(rest, '"')
	if n < 0 {
		return false
	}
	for _, c := range [...]byte{'\\', '$', '%', '\n'} { // the processor searches for each of these in many bytes at once
		if before := bytes.IndexByte(rest[:n], c); before >= 0 {
			n = before
		}
	}
	s.pos += n
	switch c := s.src[s.pos]; c {
	case '"':
		s.pop()
		s.pos++
	case '\\':
		if b := s.peek(1); b == '\n' || b == '\r' || b == 0 || b >= 0x80 {
			return false
		}
		s.pos += 2
	case '$', '%':
		return s.sequence(c)
	default: // a line end in a quoted template is an error that the parser reports
		return false
	}
	return true
}

// sequence reads a dollar or per cent sign of a template.
func (s *scanner) sequence(c byte) bool {
	switch {
	case s.peek(1) == '{':
		s.operand()
		s.push('$')
		s.pos += 2
		if s.peek(0) == '~' {
			s.pos++
		}
	case s.peek(1) == c && s.peek(2) == '{':
		s.pos += 3
	case s.peek(1) == c: // the lexer pairs longer runs
		return false
	default:
		s.pos++
	}
	return true
}

// openHeredoc reads <<MARKER or <<-MARKER and the end of that line.
func (s *scanner) openHeredoc() bool {
	if s.marker != nil {
		return false // a heredoc in an interpolation of another
	}
	p := s.pos + 2
	if p < len(s.src) && s.src[p] == '-' {
		p++
	}
	end := p
	for end < len(s.src) && isMarkerByte(s.src[end]) {
		end++
	}
	if end == p || s.src[p] >= '0' && s.src[p] <= '9' || s.src[p] == '-' {
		return false
	}
	marker := s.src[p:end]
	if end < len(s.src) && s.src[end] == '\r' {
		end++
	}
	if end >= len(s.src) || s.src[end] != '\n' {
		return false
	}
	s.operand()
	s.push('H')
	s.marker = marker
	s.line++
	s.pos = end + 1
	return s.heredocLineStart()
}

func isMarkerByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// heredocLineStart ends the heredoc if the line that begins here contains only its marker. It does not consume the
// newline after the marker: that ends the attribute.
func (s *scanner) heredocLineStart() bool {
	n := bytes.IndexByte(s.src[s.pos:], '\n')
	if n < 0 {
		return false
	}
	line := s.src[s.pos : s.pos+n]
	trimmed := bytes.TrimSpace(line)
	switch {
	case bytes.Equal(trimmed, s.marker):
		s.pop()
		s.marker = nil
		s.pos += n
		if n > 0 && line[n-1] == '\r' {
			s.pos--
		}
	case bytes.HasPrefix(trimmed, s.marker) && len(trimmed) > len(s.marker) && !isMarkerByte(trimmed[len(s.marker)]):
		return false // "EOT)": meant as the end, perhaps
	}
	return true
}

// heredoc reads one step of a heredoc, up to the end of a line or to an
// interpolation.
func (s *scanner) heredoc() bool {
	n := bytes.IndexAny(s.src[s.pos:], "$%\n")
	if n < 0 {
		return false
	}
	s.pos += n
	if c := s.src[s.pos]; c != '\n' {
		return s.sequence(c)
	}
	s.pos++
	s.line++
	return s.heredocLineStart()
}
