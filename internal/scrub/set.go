package scrub

import (
	"maps"
	"strings"
	"sync"
)

const (
	// MinLen is the length in bytes of the shortest secret that is removed.
	MinLen = 4
	// MinLine is the length in bytes of the shortest line of a longer secret that is removed by itself.
	MinLine = 6
	// maxSplit is the size in bytes up to which a secret is removed line by line and in other forms than its own.
	maxSplit = 256 << 10
)

// Set holds the known secrets. It may be used by many goroutines.
type Set struct {
	mu      sync.Mutex
	words   map[string]struct{}
	allowed map[string]struct{}
	opened  map[string]struct{}
	closed  map[string]struct{}
}

// Words are the secrets of a [Set].
type Words struct {
	Secrets []string            // in no order
	Opened  map[string]struct{} // lines of theirs that are not secret by themselves
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

// Allow declares that a string is not sensitive, because the manifest does.
func (s *Set) Allow(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed == nil {
		s.allowed = map[string]struct{}{}
	}
	s.allowed[text] = struct{}{}
}

// Open declares that the lines of a text are not secret by themselves, because they contain nothing secret of the texts
// around them: they are literal lines of a template. A one-line secret equal to such a line is removed nevertheless.
func (s *Set) Open(text string) { s.noteLines(&s.opened, text) }

// Close declares that each line of a text is secret, regardless of [Set.Open].
func (s *Set) Close(text string) { s.noteLines(&s.closed, text) }

func (s *Set) noteLines(in *map[string]struct{}, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *in == nil {
		*in = map[string]struct{}{}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) >= MinLine {
			(*in)[line] = struct{}{}
		}
	}
}

// AddAll adds the secrets of another set.
func (s *Set) AddAll(w Words) {
	for _, text := range w.Secrets {
		s.Add(text)
	}
	for line := range w.Opened {
		s.Open(line)
	}
}

// Words returns the secrets that were added and not allowed.
func (s *Set) Words() Words {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Words{Secrets: make([]string, 0, len(s.words)), Opened: maps.Clone(s.opened)}
	for w := range s.words {
		if _, ok := s.allowed[w]; !ok {
			out.Secrets = append(out.Secrets, w)
		}
	}
	for line := range s.closed {
		delete(out.Opened, line)
	}
	return out
}

// worthStriking reports whether a string can be removed from text without making it unreadable.
func worthStriking(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "false", "null", "none":
		return false
	}
	return len(strings.TrimSpace(text)) >= MinLen
}

// eachForm calls add for every form of a secret to search for, except the opened lines of a text by themselves.
func eachForm(secret string, opened map[string]struct{}, add func(string)) {
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
		line = strings.TrimSpace(line)
		if _, isOpen := opened[line]; len(line) >= MinLine && !isOpen {
			add(line)
			eachEncoding(line, add)
		}
	}
	if len(trimmed) <= maxLine {
		base64Forms(secret, add)
	}
}

// maxLine is the size in bytes up to which the base64 form of a text of several lines is searched for as a whole.
const maxLine = 16 << 10
