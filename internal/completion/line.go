// Package completion completes command lines in shells. It has the scripts that shells
// load. For bash, which leaves all quoting to the program, it also reads the line
// and quotes the replies. Start with [Script] and [ReadLine]. What there is to
// complete comes from the commands themselves.
package completion

import (
	"regexp"
	"strings"
)

// Line is a command line of bash up to the cursor.
type Line struct {
	// Words are the words as the program would get them. The last is the word that
	// the cursor is in: empty behind a space.
	Words []string
	// Prefix is the part of the last word that stays on the line: readline replaces
	// the text that is typed behind it.
	Prefix string

	quote   byte // of the string that the cursor is in: ' or ", or 0
	escaped bool // what is replaced has a backslash outside of quotes
}

// ReadLine reads a line up to the cursor. Breaks are the characters at which
// readline divides words, bash's variable COMP_WORDBREAKS. In all words but the
// last, variables and a ~ at the beginning are replaced by what lookup returns
// for their names.
func ReadLine(text, breaks string, lookup func(string) string) Line {
	r := reader{lookup: lookup, breaks: breaks}
	for text != "" {
		text = text[r.read(text):]
	}
	if r.quote != 0 {
		r.kept = r.opened // readline replaces what is behind an open quote
	}
	typed := r.typed.String()
	return Line{Words: append(r.words, typed), Prefix: typed[:r.kept], quote: r.quote, escaped: r.escaped}
}

// reader reads a line from its beginning.
type reader struct {
	lookup func(string) string
	breaks string

	words   []string
	typed   strings.Builder // the word without quotes
	meant   strings.Builder // the same with variables replaced
	begun   bool            // there is a word, perhaps an empty one in quotes
	quote   byte            // that is open
	opened  int             // how long typed was when it was opened
	kept    int             // how much of typed is before the last break
	escaped bool            // there was a backslash since
}

// read reads what comes next, and returns how many bytes it is.
func (r *reader) read(rest string) int {
	c := rest[0]
	switch {
	case r.quote != 0 && c == r.quote:
		r.quote = 0
	case r.quote == '\'':
		r.write(rest[:1])
	case c == '\\' && len(rest) > 1:
		return r.escape(rest[:2])
	case c == '$' || c == '~' && !r.begun && r.quote == 0:
		return r.expand(rest)
	case r.quote == '"':
		r.write(rest[:1])
	case c == '\'' || c == '"':
		r.begun, r.quote, r.opened = true, c, r.typed.Len()
	case strings.IndexByte(" \t\n", c) >= 0:
		r.end()
	default:
		r.write(rest[:1])
		if strings.IndexByte(r.breaks, c) >= 0 {
			r.kept, r.escaped = r.typed.Len(), false
		}
	}
	return 1
}

func (r *reader) write(text string) {
	r.begun = true
	r.typed.WriteString(text)
	r.meant.WriteString(text)
}

// escape reads a backslash and what follows it.
func (r *reader) escape(pair string) int {
	switch {
	case r.quote == '"' && strings.IndexByte("\\\"$`", pair[1]) < 0:
		r.write(pair)
	default:
		r.escaped = r.escaped || r.quote == 0
		r.write(pair[1:])
	}
	return len(pair)
}

// expand reads a variable, or a ~ for the home folder.
func (r *reader) expand(rest string) int {
	name, found := "HOME", regexp.MustCompile(`^~(/|\s|$)`).MatchString(rest)
	length := 1
	if m := regexp.MustCompile(`^\$(\w+|\{\w+\})`).FindStringSubmatch(rest); m != nil {
		name, found, length = strings.Trim(m[1], "{}"), true, len(m[0])
	}
	if !found {
		r.write(rest[:1])
		return 1
	}
	r.begun = true
	r.typed.WriteString(rest[:length])
	r.meant.WriteString(r.lookup(name))
	return length
}

func (r *reader) end() {
	if r.begun {
		r.words = append(r.words, r.meant.String())
	}
	r.typed.Reset()
	r.meant.Reset()
	r.begun, r.escaped, r.kept = false, false, 0
}
