package exit

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the known name that was probably meant, "" if none is close.
func Nearest(name string, known []string) string {
	best, distance := "", 3 // two slips at most
	for _, k := range known {
		if d := levenshtein.Distance(name, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// UnknownName returns the error about an unknown name, with the known ones that
// are similar, or all. The format has one verb, for the name.
func UnknownName(format, name string, known []string) error {
	e := With(Failure, fmt.Errorf(format, name), "known are "+strings.Join(known, ", "))
	if near := Nearest(name, known); near != "" {
		e.Hints = []string{"did you mean " + near + "?"}
	}
	return e
}
