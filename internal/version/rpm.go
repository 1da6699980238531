package version

import (
	"cmp"
	"strings"
)

// CompareRPM orders versions "EPOCH:VERSION-RELEASE" as rpm does (rpm-version(7)).
// No epoch is 0; no release comes before any.
func CompareRPM(a, b string) int { return compareEVR(a, b, compareRPMPart) }

// ComparePacman orders versions "EPOCH:VERSION-REL" as pacman does (vercmp(8)).
// Where vercmp leaves out a missing release, it comes before any: an order must be
// transitive.
func ComparePacman(a, b string) int { return compareEVR(a, b, comparePacmanPart) }

func compareEVR(a, b string, part func(a, b string) int) int {
	ea, a := cutEpoch(a)
	eb, b := cutEpoch(b)
	va, ra, haveA := cutRelease(a)
	vb, rb, haveB := cutRelease(b)
	if c := cmp.Or(compareNumbers(ea, eb), part(va, vb)); c != 0 || !haveA && !haveB {
		return c
	}
	if haveA != haveB {
		return map[bool]int{true: 1, false: -1}[haveA]
	}
	return part(ra, rb)
}

func cutRelease(v string) (version, release string, ok bool) {
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return v[:i], v[i+1:], true
	}
	return v, "", false
}

// compareRPMPart compares segments of digits and of letters; all else only parts
// them. "~" comes before the end, "^" after it and before anything else.
func compareRPMPart(a, b string) int {
	for a != "" || b != "" {
		a, b = cutSeparators(a, "~^"), cutSeparators(b, "~^")
		if c, ok := compareMark(&a, &b, '~', -1); ok {
			if c != 0 {
				return c
			}
			continue
		}
		if c, ok := compareMark(&a, &b, '^', 1); ok {
			if c != 0 {
				return c
			}
			continue
		}
		if a == "" || b == "" {
			break
		}
		if c := compareSegment(&a, &b); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b)) // at least one is at its end
}

// compareMark compares by a mark at the front: with it a text comes before (-1) or
// after (1) one that ends there; one that continues otherwise is later in either case.
func compareMark(a, b *string, mark byte, end int) (c int, marked bool) {
	inA, inB := strings.HasPrefix(*a, string(mark)), strings.HasPrefix(*b, string(mark))
	switch {
	case inA && inB:
		*a, *b = (*a)[1:], (*b)[1:]
		return 0, true
	case inA && *b == "":
		return end, true
	case inB && *a == "":
		return -end, true
	case inA:
		return -1, true
	case inB:
		return 1, true
	}
	return 0, false
}

// comparePacmanPart is rpm's older comparison: it knows no marks, the number of
// separators counts, and a text that continues with a letter comes before the one
// that ends ("1.0rc1" before "1.0").
func comparePacmanPart(a, b string) int {
	for a != "" && b != "" {
		restA, restB := cutSeparators(a, ""), cutSeparators(b, "")
		sepA, sepB := len(a)-len(restA), len(b)-len(restB)
		a, b = restA, restB
		if a == "" || b == "" {
			break
		}
		if sepA != sepB {
			return cmp.Compare(sepA, sepB)
		}
		if c := compareSegment(&a, &b); c != 0 {
			return c
		}
	}
	switch {
	case a == "" && b == "":
		return 0
	case a != "" && isASCIILetter(a[0]):
		return -1
	case a == "" && isASCIILetter(b[0]):
		return 1
	}
	return cmp.Compare(len(a), len(b))
}

// compareSegment takes a segment off each and compares them: numbers are after
// words.
func compareSegment(a, b *string) int {
	digits := isDigit((*a)[0])
	segment := func(s *string) string {
		n := 0
		for n < len(*s) && (digits && isDigit((*s)[n]) || !digits && isASCIILetter((*s)[n])) {
			n++
		}
		out := (*s)[:n]
		*s = (*s)[n:]
		return out
	}
	sa, sb := segment(a), segment(b)
	switch {
	case sb == "" && digits:
		return 1
	case sb == "":
		return -1
	case digits:
		return compareNumbers(sa, sb)
	}
	return cmp.Compare(sa, sb)
}

// cutSeparators cuts off what is neither letter nor digit nor one of keep.
func cutSeparators(s, keep string) string {
	for s != "" && !isDigit(s[0]) && !isASCIILetter(s[0]) && strings.IndexByte(keep, s[0]) < 0 {
		s = s[1:]
	}
	return s
}

func isASCIILetter(b byte) bool { return b < 0x80 && isLetter(b) }
