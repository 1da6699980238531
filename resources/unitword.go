package resources

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// UnitWord quotes a word for a list of words of systemd, such as that of Environment=, see systemd.syntax(7). No text
// can end the line.
func UnitWord(word string) string { return quoteWord(word, "%") }

// CommandWord quotes a word for a command line of systemd, where $ names a variable, see systemd.service(5).
func CommandWord(word string) string { return quoteWord(word, "%$") }

// quoteWord quotes a word if necessary, with escapes as in C, and doubles some characters. A line that is not UTF-8
// would be ignored, so its bytes are escaped, too.
func quoteWord(word, doubled string) string {
	var b strings.Builder
	plain := word != ""
	for i, r := range word {
		_, size := utf8.DecodeRuneInString(word[i:])
		switch {
		case strings.ContainsRune(doubled, r):
			b.WriteString(string(r) + string(r))
		case r == '"' || r == '\\':
			plain = false
			b.WriteString(`\` + string(r))
		case r < ' ', r == 0x7f, r == utf8.RuneError && size == 1:
			plain = false
			fmt.Fprintf(&b, `\x%02x`, word[i])
		default:
			plain = plain && r != ' ' && r != '\'' && r != ';'
			b.WriteRune(r)
		}
	}
	if plain {
		return b.String()
	}
	return `"` + b.String() + `"`
}
