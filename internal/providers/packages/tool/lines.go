package tool

import (
	"bytes"
	"strings"
	"sync/atomic"

	"converge/internal/process"
)

// lines passes on complete lines of its input.
type lines struct {
	tell func(string)
	part []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 {
			return len(p), nil
		}
		l.tell(LastOverwrite(string(l.part[:i])))
		l.part = l.part[i+1:]
	}
}

// LastOverwrite is what a terminal would show of a line with carriage returns.
func LastOverwrite(s string) string {
	s = strings.TrimRight(s, "\r")
	return s[strings.LastIndexByte(s, '\r')+1:]
}

// muted passes lines on until the run has ended.
type muted struct {
	off  atomic.Bool
	tell func(string)
}

func (m *muted) passLine(l string) {
	if !m.off.Load() {
		m.tell(l)
	}
}

// LastLines is the last n non-empty lines, as a terminal would show them.
func LastLines(s string, n int) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = process.Plain(strings.TrimRight(LastOverwrite(strings.TrimRight(line, "\n")), " \t")); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// ShownLines is how many lines of output an error carries.
const ShownLines = 20

// Indent returns text in the form below an error.
func Indent(text string) string {
	if text == "" {
		return ""
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}
