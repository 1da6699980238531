package stowrc

import "strings"

// Words returns the words of all lines. It drops a line with unclosed quotes, or with a backslash at its end, without a
// message, like GNU Stow.
func Words(text string) []string {
	var words []string
	for line := range strings.SplitSeq(text, "\n") {
		if of, ok := lineWords(line); ok {
			words = append(words, of...)
		}
	}
	return words
}

func lineWords(line string) (words []string, ok bool) {
	line = strings.TrimLeft(line, blanks)
	for line != "" {
		word, rest, ok := nextWord(line)
		if !ok {
			return nil, false
		}
		words = append(words, word)
		line = strings.TrimLeft(rest, blanks)
	}
	return words, true
}

// blanks are what Perl's \s matches in a text of bytes.
const blanks = " \t\n\v\f\r"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// nextWord takes the first word off a line that does not begin with a blank.
func nextWord(line string) (word, rest string, ok bool) {
	var b strings.Builder
	i := 0
	for i < len(line) && !isBlank(line[i]) {
		switch c := line[i]; c {
		case '"', '\'':
			text, n, ok := cutQuoted(line[i+1:], c)
			if !ok {
				return "", "", false
			}
			b.WriteString(text)
			i += 1 + n
		case '\\':
			if i+1 == len(line) {
				return "", "", false
			}
			b.WriteByte(line[i+1])
			i += 2
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), line[i:], true
}

// cutQuoted reads up to the closing quote; n is the length of that, with the quote. A backslash escapes a quote, and is
// removed only between double quotes.
func cutQuoted(s string, quote byte) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), i + 1, true
		case s[i] != '\\':
			b.WriteByte(s[i])
		case i+1 == len(s):
			return "", 0, false
		default:
			if quote == '\'' {
				b.WriteByte('\\')
			}
			i++
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}

// Line joins the words to one line, from which Words makes the same words. A word must not contain several lines.
func Line(words []string) string {
	var b strings.Builder
	for _, word := range words {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		for i := range len(word) {
			if c := word[i]; isBlank(c) || strings.IndexByte(`"'\`, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(word[i])
		}
	}
	return b.String()
}
