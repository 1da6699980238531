package apt

import (
	"bytes"
	"strings"
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
		l.tell(lastOverwrite(string(l.part[:i])))
		l.part = l.part[i+1:]
	}
}

// lastOverwrite is what a terminal would show of a line with carriage returns.
func lastOverwrite(s string) string {
	s = strings.TrimRight(s, "\r")
	return s[strings.LastIndexByte(s, '\r')+1:]
}
