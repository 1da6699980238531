// Package version orders versions as the families of distributions do, and has the
// one type of conditions on them: of packages in manifests, of requirement files
// and of control data.
//
// Start with [Compare], Debian's order, which counts wherever no other is named,
// and [Set]. [CompareRPM], [ComparePacman] and [CompareAPK] are those of other
// families; all are defined for any bytes. A set is met in two ways, [Set.Allows] for
// versions in stow directories, whose names people choose, and [Set.AllowsPlace]
// for those of a package manager.
//
// The name of a version in a stow directory is almost free: "1.5-2", "latest",
// "2.0_rc1", "1:2", "v7", "große Änderung". So the order is defined for any
// bytes at all, and it is Debian's wherever both are versions of Debian:
//
//   - The part before the first colon is an epoch if it is digits alone.
//   - The part behind the last hyphen is the revision, compared last.
//   - Both parts are compared in turns of non-digits and digits. Of non-digits
//     "~" comes before the end of the text, then letters of ASCII, then any
//     other byte; digits are numbers of any length.
//
// So a name that begins with a letter ("latest") comes after all that begin
// with a digit. Two spellings may have one place in the order ("1.0" and "1.00",
// "0:1" and "1").
package version

import (
	"cmp"
	"strings"
)

// Compare orders two versions: less than 0, 0, more than 0.
func Compare(a, b string) int {
	ea, a := cutEpoch(a)
	eb, b := cutEpoch(b)
	ua, ra := cutRevision(a)
	ub, rb := cutRevision(b)
	return cmp.Or(compareNumbers(ea, eb), comparePart(ua, ub), comparePart(ra, rb))
}

// cutEpoch takes the epoch off, "" if there is none.
func cutEpoch(v string) (epoch, rest string) {
	before, after, ok := strings.Cut(v, ":")
	if !ok || before == "" || countWhile(before, true) != len(before) {
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
		na, nb := countWhile(a, false), countWhile(b, false)
		for i := range max(na, nb) {
			if c := cmp.Compare(rankAt(a[:na], i), rankAt(b[:nb], i)); c != 0 {
				return c
			}
		}
		a, b = a[na:], b[nb:]
		da, db := countWhile(a, true), countWhile(b, true)
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
	case s[i] < 0x80 && isLetter(s[i]):
		return int(s[i])
	}
	return int(s[i]) + 256
}

// compareNumbers compares texts of digits; none is 0.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// countWhile is how many bytes at the beginning of s are digits, or are none.
func countWhile(s string, digits bool) int {
	n := 0
	for n < len(s) && isDigit(s[n]) == digits {
		n++
	}
	return n
}
