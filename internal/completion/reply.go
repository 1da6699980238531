package completion

import (
	"regexp"
	"strings"
)

// Reply is a value for the word that the cursor is in.
type Reply struct{ Value, Doc string }

// Quote returns the replies that continue the word, each as readline has to put it
// into the line in place of the text behind l.Prefix.
//
// In an open quote the replies are written in that quote, which readline closes.
// Outside of quotes a reply is put in single quotes if any needs them: all alike,
// for readline types as much as all have in common.
func (l Line) Quote(values []Reply) []Reply {
	word := l.Words[len(l.Words)-1]
	var out []Reply
	bare := true
	for _, v := range values {
		if strings.HasPrefix(v.Value, word) {
			rest := v.Value[len(l.Prefix):]
			bare = bare && isBare(rest)
			out = append(out, Reply{Value: rest, Doc: v.Doc})
		}
	}
	for i := range out {
		out[i].Value = l.write(out[i].Value, bare)
	}
	return out
}

func (l Line) write(text string, bare bool) string {
	inSingle := strings.ReplaceAll(text, `'`, `'\''`)
	switch {
	case l.quote == '\'':
		return inSingle
	case l.quote == '"':
		return regexp.MustCompile("[\\\\\"$`]").ReplaceAllString(text, `\$0`)
	case bare:
		return text
	case l.escaped:
		return regexp.MustCompile(`[^\w@%+=:,./-]`).ReplaceAllString(text, `\$0`)
	}
	return `'` + inSingle + `'`
}

// isBare reports whether a word means itself without quotes.
func isBare(word string) bool {
	return regexp.MustCompile(`^[\w@%+=:,./-]*$`).MatchString(word)
}

// Pad writes the replies with what they are for, in lines that are not wider than a
// terminal. Readline types what the lines have in common, which ends before the
// explanations since no two replies are the same.
func Pad(replies []Reply, width int) []string {
	longest := 0
	for _, r := range replies {
		longest = max(longest, len(r.Value))
	}
	lines := make([]string, len(replies))
	for i, r := range replies {
		lines[i] = r.Value
		if room := width - longest - 4; r.Doc != "" && room > 8 {
			lines[i] += strings.Repeat(" ", longest-len(r.Value)) + "  (" + shorten(r.Doc, room) + ")"
		}
	}
	return lines
}

func shorten(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}
