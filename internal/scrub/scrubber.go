package scrub

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
)

// Mask replaces a secret.
const Mask = "(sensitive)"

// Scrubber removes the secrets of a [Set] from text. The nil Scrubber removes nothing. It may be used by many
// goroutines.
type Scrubber struct {
	words Words
	once  sync.Once // most runs have no text to scrub

	starts [1 << 16 / 64]uint64 // the first two bytes of all patterns, as bits
	by     map[uint32][]string  // patterns by their first four bytes, the longest first
}

// Scrubber returns a Scrubber for the secrets that were added so far; nil if there are none.
func (s *Set) Scrubber() *Scrubber { return New(s.Words()) }

// New returns a Scrubber for these secrets; nil if there are none.
func New(w Words) *Scrubber {
	w.Secrets = slices.DeleteFunc(slices.Clone(w.Secrets), func(s string) bool { return !worthStriking(s) })
	if len(w.Secrets) == 0 {
		return nil
	}
	return &Scrubber{words: w}
}

// compilePatterns makes the patterns for all forms of the secrets.
func (c *Scrubber) compilePatterns() {
	c.by = make(map[uint32][]string, len(c.words.Secrets))
	seen := make(map[string]struct{}, len(c.words.Secrets))
	for _, secret := range c.words.Secrets {
		eachForm(secret, c.words.Opened, func(form string) {
			if _, ok := seen[form]; ok || !worthStriking(form) {
				return
			}
			seen[form] = struct{}{}
			at := binary.LittleEndian.Uint16([]byte(form))
			c.starts[at/64] |= 1 << (at % 64)
			key := binary.LittleEndian.Uint32([]byte(form))
			c.by[key] = append(c.by[key], form)
		})
	}
	for _, patterns := range c.by {
		slices.SortFunc(patterns, func(a, b string) int { return len(b) - len(a) })
	}
	c.words = Words{}
}

// String returns text without the secrets. Overlapping secrets become one mask.
func (c *Scrubber) String(text string) string {
	if c == nil || len(text) < MinLen {
		return text
	}
	c.once.Do(c.compilePatterns)
	var b strings.Builder
	written, end := 0, -1 // of a removed part; -1: none so far
	start := 0
	torn := c.findTorn(text)
	for i := 0; i+MinLen <= len(text); i++ {
		n := max(c.matchLength(text[i:]), torn[i])
		switch {
		case n == 0:
		case end >= i: // it overlaps with or directly follows the last
			end = max(end, i+n)
		default:
			if end >= 0 {
				b.WriteString(text[written:start])
				b.WriteString(Mask)
				written = end
			}
			start, end = i, i+n
		}
	}
	if end < 0 {
		return text
	}
	b.WriteString(text[written:start])
	b.WriteString(Mask)
	b.WriteString(text[end:])
	return b.String()
}

// matchLength returns the length of the longest pattern that text begins with; 0: none.
func (c *Scrubber) matchLength(text string) int {
	at := uint16(text[0]) | uint16(text[1])<<8
	if c.starts[at/64]&(1<<(at%64)) == 0 {
		return 0
	}
	key := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
	for _, p := range c.by[key] {
		if strings.HasPrefix(text, p) {
			return len(p)
		}
	}
	return 0
}

// Error returns err without the secrets; an error without secrets is returned unchanged, so that errors.Is still works.
func (c *Scrubber) Error(err error) error {
	if c == nil || err == nil {
		return err
	}
	text := err.Error()
	if clean := c.String(text); clean != text {
		return errors.New(clean)
	}
	return err
}

// JSON returns a JSON value without the secrets in its strings, names and numbers. Text that is not JSON is returned as
// a string.
func (c *Scrubber) JSON(raw json.RawMessage) json.RawMessage {
	if c == nil || len(raw) < MinLen {
		return raw
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		v = string(raw)
	}
	clean, changed := c.scrubValue(v)
	if !changed {
		return raw
	}
	out, err := json.Marshal(clean)
	if err != nil {
		return json.RawMessage(`"` + Mask + `"`)
	}
	return out
}

func (c *Scrubber) scrubValue(v any) (clean any, changed bool) {
	switch v := v.(type) {
	case string:
		s := c.String(v)
		return s, s != v
	case json.Number:
		if s := c.String(v.String()); s != v.String() {
			return s, true
		}
	case []any:
		for i := range v {
			e, ch := c.scrubValue(v[i])
			v[i], changed = e, changed || ch
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			name := c.String(k)
			e, ch := c.scrubValue(e)
			out[name], changed = e, changed || ch || name != k
		}
		return out, changed
	}
	return v, changed
}
