package diag

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// fewChars is how long a list of names may be: three lines.
const fewChars = 230

// Suggest answers " Did you mean …?" if one of the names is close to given, or
// lists them, the likeliest first and as many as three lines hold, so that it can be put
// behind a sentence. what leads in the list: "The variables are".
func Suggest(given string, names []string, what string) string {
	if n := nearest(given, names); n != "" {
		return " Did you mean " + strconv.Quote(n) + "?"
	}
	if len(names) == 0 || what == "" {
		return ""
	}
	sorted := byLikeness(given, names)
	n, size := 0, 0
	for n < len(sorted) && size+len(sorted[n]) <= fewChars {
		size += len(sorted[n]) + len(", ")
		n++
	}
	n = max(n, 1)
	if n == len(sorted) {
		return " " + what + " " + strings.Join(sorted, ", ") + "."
	}
	return " " + what + " " + strings.Join(sorted[:n], ", ") + " and " + strconv.Itoa(len(sorted)-n) + " more."
}

// byLikeness orders names: those that have a word of given, or of which given has one, then
// all others.
func byLikeness(given string, names []string) []string {
	return slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(-cmp.Compare(likeness(given, a), likeness(given, b)), cmp.Compare(a, b))
	})
}

// likeness is how many letters the longest word has that two names share.
func likeness(a, b string) int {
	best := 0
	for word := range wordsOf(a) {
		for other := range wordsOf(b) {
			if n := min(len(word), len(other)); n > max(best, 2) && (strings.Contains(word, other) || strings.Contains(other, word)) {
				best = n
			}
		}
	}
	return best
}

func wordsOf(name string) iter.Seq[string] {
	return strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == '/' })
}

// nearest is the name that given was probably meant to be, "" if none is.
func nearest(given string, names []string) string {
	best, limit := "", max(2, len(given)/3)+1
	for _, n := range names {
		if d := len(n) - len(given); d >= limit || -d >= limit {
			continue
		}
		switch d := levenshtein.Distance(given, n, nil); {
		case d < limit && d < len(given):
			best, limit = n, d
		case d == limit && best != "" && n < best:
			best = n
		}
	}
	return best
}

// Misspelt returns the known name that was meant, "" if none is: at most a third of its letters
// may differ, and two at most, where two neighbours that are swapped count once. It is stricter than Suggest, for words that
// are taken for others wrongly: "noop" is no "node".
func Misspelt(name string, known []string) string {
	best, distance := "", min(2, len(name)/3)+1
	for _, k := range known {
		d := levenshtein.Distance(name, k, nil)
		for i := 1; i < len(name); i++ {
			swapped := name[:i-1] + name[i:i+1] + name[i-1:i] + name[i+1:]
			d = min(d, 1+levenshtein.Distance(swapped, k, nil))
		}
		if d < distance {
			best, distance = k, d
		}
	}
	return best
}
