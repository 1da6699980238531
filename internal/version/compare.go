package version

import (
	"cmp"
	"strings"
)

// Compare orders two versions: less than 0, 0, more than 0.
func Compare(a, b string) int {
	ea, a := cutEpoch(a)
	eb, b := cutEpoch(b)
	if c := compareNumbers(ea, eb); c != 0 {
		return c
	}
	return compareWithoutEpoch(a, b)
}

func compareWithoutEpoch(a, b string) int {
	ua, ra := cutRevision(a)
	ub, rb := cutRevision(b)
	if c := comparePart(ua, ub); c != 0 {
		return c
	}
	return comparePart(ra, rb)
}

// cutEpoch takes the epoch off, "" if there is none.
func cutEpoch(v string) (epoch, rest string) {
	before, after, ok := strings.Cut(v, ":")
	if !ok || before == "" || countDigits(before) != len(before) {
		return "", v
	}
	return before, after
}

func cutRevision(v string) (upstream, revision string) {
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return v[:i], v[i+1:]
	}
	return v, ""
}

// comparePart is the verrevcmp of dpkg, for numbers of any length.
func comparePart(a, b string) int {
	for a != "" || b != "" {
		na, nb := nonDigits(a), nonDigits(b)
		for i := range max(na, nb) {
			if c := cmp.Compare(rankAt(a[:na], i), rankAt(b[:nb], i)); c != 0 {
				return c
			}
		}
		a, b = a[na:], b[nb:]
		da, db := countDigits(a), countDigits(b)
		if c := compareNumbers(a[:da], b[:db]); c != 0 {
			return c
		}
		a, b = a[da:], b[db:]
	}
	return 0
}

// rankAt is the place of the byte at i among those that are no digit; that of
// the end is 0.
func rankAt(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	case 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z':
		return int(s[i])
	}
	return int(s[i]) + 256
}

// compareNumbers compares texts of digits; none is 0.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// countDigits is how many bytes at the beginning of s are digits.
func countDigits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

func nonDigits(s string) int {
	n := 0
	for n < len(s) && (s[n] < '0' || s[n] > '9') {
		n++
	}
	return n
}
