package diag

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// Suggest answers " Did you mean …?" if one of the names is close to given, or
// lists them if they are few, so that it can be put behind a sentence. what
// leads in the list: "The variables are".
func Suggest(given string, names []string, what string) string {
	if n := nearest(given, names); n != "" {
		return " Did you mean " + strconv.Quote(n) + "?"
	}
	const few = 12
	if len(names) == 0 || what == "" {
		return ""
	}
	sorted := slices.Sorted(slices.Values(names))
	if len(sorted) > few {
		return " " + what + " " + strings.Join(sorted[:few], ", ") + " and " + strconv.Itoa(len(sorted)-few) + " more."
	}
	return " " + what + " " + strings.Join(sorted, ", ") + "."
}

// nearest is the name that given was probably meant to be, "" if none is.
func nearest(given string, names []string) string {
	best, limit := "", max(2, len(given)/3)+1
	for _, n := range names {
		if d := len(n) - len(given); d >= limit || -d >= limit {
			continue
		}
		switch d := levenshtein.Distance(given, n, nil); {
		case d < limit:
			best, limit = n, d
		case d == limit && best != "" && n < best:
			best = n
		}
	}
	return best
}
