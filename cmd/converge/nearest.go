package main

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"

	"converge/internal/app/exit"
)

// nearest is the known name that was probably meant, "" if none is close.
func nearest(name string, known []string) string {
	best, distance := "", 3 // two slips at most
	for _, k := range known {
		if d := levenshtein.Distance(name, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// unknown reports an unknown name, with the known ones that are similar.
func unknown(format, name string, known []string) error {
	e := exit.With(exit.Failure, fmt.Errorf(format, name), "known are "+strings.Join(known, ", "))
	if near := nearest(name, known); near != "" {
		e.Hints = []string{"did you mean " + near + "?"}
	}
	return e
}
