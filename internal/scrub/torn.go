package scrub

import "strings"

// cutMark marks the place where a text was truncated: "…", or "[…]" on a line of its own.
const cutMark = "…"

// maxCuts is how many marks are examined: a text is truncated once or twice.
const maxCuts = 64

// findTorn finds truncated secrets, and returns their lengths by offset; nil if there are none. Of a secret that was cut
// in two, the part beside the mark is left: its end after the mark, its beginning before it.
func (c *Scrubber) findTorn(text string) map[int]int {
	var out map[int]int
	note := func(at, n int) {
		if n < MinLen {
			return
		}
		if out == nil {
			out = map[int]int{}
		}
		out[at] = max(out[at], n)
	}
	from := 0
	for range maxCuts {
		i := strings.Index(text[from:], cutMark)
		if i < 0 {
			return out
		}
		before := strings.TrimSuffix(strings.TrimSuffix(text[:from+i], "["), "\n")
		from += i + len(cutMark)
		after := strings.TrimPrefix(strings.TrimPrefix(text[from:], "]"), "\n")
		for _, patterns := range c.by {
			for _, p := range patterns {
				note(len(text)-len(after), tailOf(p, after))
				n := headOf(p, before)
				note(len(before)-n, n)
			}
		}
	}
	return out
}

// tailOf returns the length of the longest end of pattern that text begins with.
func tailOf(pattern, text string) int {
	for n := min(len(pattern)-1, len(text)); n >= MinLen; n-- {
		if strings.HasPrefix(text, pattern[len(pattern)-n:]) {
			return n
		}
	}
	return 0
}

// headOf returns the length of the longest beginning of pattern that text ends with.
func headOf(pattern, text string) int {
	for n := min(len(pattern)-1, len(text)); n >= MinLen; n-- {
		if strings.HasSuffix(text, pattern[:n]) {
			return n
		}
	}
	return 0
}
