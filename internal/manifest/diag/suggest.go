package diag

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// A list of names takes three lines of the width that every terminal has.
const (
	listLines = 3
	lineWidth = 80
)

// Suggest returns " Did you mean …?" if one of the names is similar to given, or else a list of the names, the likeliest
// first and at most three lines. what begins the list: "The variables are".
func Suggest(given string, names []string, what string) string {
	if n := nearest(given, names); n != "" {
		return " Did you mean " + strconv.Quote(n) + "?"
	}
	if len(names) == 0 || what == "" {
		return ""
	}
	sorted := byLikeness(given, names)
	list := what + " " + strings.Join(sorted, ", ") + "."
	for n := len(sorted) - 1; n > 0 && linesOf(list) > listLines; n-- {
		list = what + " " + strings.Join(sorted[:n], ", ") + " and " + strconv.Itoa(len(sorted)-n) + " more."
	}
	return " " + list
}

// linesOf counts the lines that a text takes.
func linesOf(text string) int {
	lines, width := 1, 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if width > 0 && width+1+n > lineWidth {
			lines, width = lines+1, 0
		}
		width += n + min(width, 1)
	}
	return lines
}

// byLikeness orders names. First come those that share a word with given, begin alike, or differ in less than half of
// their letters.
func byLikeness(given string, names []string) []string {
	scores := make(map[string]int, len(names))
	for _, n := range names {
		scores[n] = likeness(given, n)
	}
	return slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(-cmp.Compare(scores[a], scores[b]), cmp.Compare(a, b))
	})
}

// likeness is the length of the longest word or beginning that two names share, or of what they have in common if that
// is more than half.
func likeness(a, b string) int {
	best := 0
	for word := range wordsOf(a) {
		for other := range wordsOf(b) {
			if n := min(len(word), len(other)); n > max(best, 2) && (strings.Contains(word, other) || strings.Contains(other, word)) {
				best = n
			}
		}
	}
	if n := alikeFrom(a, b); n >= 3 {
		best = max(best, n)
	}
	if n, long := levenshtein.Distance(a, b, nil), max(len(a), len(b)); 2*n < long {
		best = max(best, long-n)
	}
	return best
}

// alikeFrom returns the length of the common prefix of two names.
func alikeFrom(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func wordsOf(name string) iter.Seq[string] {
	return strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == '/' })
}

// nearest returns the name that given was probably meant to be: one that differs in few letters, or the only one with
// that prefix; "" if there is none.
func nearest(given string, names []string) string {
	if n := Begun(given, names); n != "" {
		return n
	}
	best, limit := "", max(2, len(given)/3)+1
	if len(given) == 3 {
		limit = 2 // one of three letters may differ
	}
	for _, n := range names {
		if d := len(n) - len(given); d >= limit || -d >= limit {
			continue
		}
		switch d := slips(given, n); {
		case d < limit && d < len(given):
			best, limit = n, d
		case d == limit && best != "" && cmp.Or(-cmp.Compare(alikeFrom(given, n), alikeFrom(given, best)), cmp.Compare(n, best)) < 0:
			best = n
		}
	}
	return best
}

// Begun returns the only name that begins with given; "" if there is none, or more than one.
func Begun(given string, names []string) (begun string) {
	for _, n := range names {
		switch {
		case len(given) < 3 || !strings.HasPrefix(n, given):
		case begun != "" || n == given:
			return ""
		default:
			begun = n
		}
	}
	return begun
}

// Misspelt returns the known name that was meant, "" if there is none: at most a third of the letters may differ, and at
// most two; two swapped neighbours count once. It is stricter than Suggest, for words that are easily mistaken for
// others: "noop" is not "node".
func Misspelt(name string, known []string) string {
	best, distance := "", min(2, len(name)/3)+1
	for _, k := range known {
		if d := slips(name, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// slips counts the letters that differ between two names; two swapped neighbours count once.
func slips(name, known string) int {
	d := levenshtein.Distance(name, known, nil)
	for i := 1; i < len(name); i++ {
		swapped := name[:i-1] + name[i:i+1] + name[i-1:i] + name[i+1:]
		d = min(d, 1+levenshtein.Distance(swapped, known, nil))
	}
	return d
}
