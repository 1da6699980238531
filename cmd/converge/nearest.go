package main

import "github.com/agext/levenshtein"

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
