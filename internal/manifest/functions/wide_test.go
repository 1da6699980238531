package functions

import (
	"regexp"
	"testing"
)

// FuzzIsWide compares it with an equivalent regular expression.
func FuzzIsWide(f *testing.F) {
	pattern := regexp.MustCompile(`%[^a-zA-Z%]*[0-9]{6}`)
	for _, s := range []string{"%5d", "%100000d", "%.123456f", "%12345%100000", "%s123456", "%[1]-999999s", "% 12 345678d", "é%ü1234567"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := isWide(s), pattern.MatchString(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	})
}
