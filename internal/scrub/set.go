package scrub

import (
	"strings"
	"sync"
)

const (
	// MinLen is the length in bytes of the shortest secret that is struck out.
	MinLen = 4
	// MinLine is the length in bytes of the shortest line of a longer secret
	// that is removed on its own.
	MinLine = 6
	// maxSplit is the size in bytes up to which a secret is struck out line by
	// line and in other forms than its own.
	maxSplit = 256 << 10
)

// Set is the secrets that are known. It may be used by many goroutines.
type Set struct {
	mu      sync.Mutex
	words   map[string]struct{}
	allowed map[string]struct{}
}

// Add adds a sensitive string.
func (s *Set) Add(text string) {
	if !worthStriking(text) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.words == nil {
		s.words = map[string]struct{}{}
	}
	s.words[text] = struct{}{}
}

// Allow declares a string not sensitive, because the manifest does.
func (s *Set) Allow(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed == nil {
		s.allowed = map[string]struct{}{}
	}
	s.allowed[text] = struct{}{}
}

// Words returns the secrets that were added and not allowed, in no order.
func (s *Set) Words() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.words))
	for w := range s.words {
		if _, ok := s.allowed[w]; !ok {
			out = append(out, w)
		}
	}
	return out
}

// worthStriking reports whether a string can be struck out of text without
// making it unreadable.
func worthStriking(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "false", "null", "none":
		return false
	}
	return len(strings.TrimSpace(text)) >= MinLen
}

// eachForm calls add for every form of a secret that is looked for.
func eachForm(secret string, add func(string)) {
	add(secret)
	trimmed := strings.TrimSpace(secret)
	add(trimmed)
	if len(secret) > maxSplit {
		return
	}
	if !strings.ContainsAny(trimmed, "\r\n") {
		eachEncoding(trimmed, add)
		return
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= MinLine {
			add(line)
			eachEncoding(line, add)
		}
	}
	if len(trimmed) <= maxLine {
		base64Forms(secret, add)
	}
}

// maxLine is the size in bytes up to which the base64 form of a text of
// several lines is looked for as a whole.
const maxLine = 16 << 10
