package version

import (
	"slices"
	"strconv"
	"strings"
)

// Op is a relation between versions.
type Op string

// The operators of conditions.
const (
	Equal    Op = "="  // the same bytes
	NotEqual Op = "!=" // other bytes
	Less     Op = "<"
	AtMost   Op = "<="
	More     Op = ">"
	AtLeast  Op = ">="
	Like     Op = "~" // the same leading components: "~ 1.5" is 1.5, 1.5.2 and 1.5-1, not 1.50
)

// Term is one condition.
type Term struct {
	Op      Op
	Version string
}

// Set is conditions that must all hold. An empty set allows everything.
type Set []Term

// SyntaxError is a fault of conditions.
type SyntaxError struct {
	At   int // where the word begins, in bytes of the text
	Word string
	Text string // what is wrong with it
}

// Error is "WORD" TEXT.
func (e *SyntaxError) Error() string { return strconv.Quote(e.Word) + " " + e.Text }

// ParseSet reads a comma list of conditions: ">= 1.5, < 2". An error is a
// [SyntaxError].
func ParseSet(text string) (Set, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var set Set
	at := 0
	for part := range strings.SplitSeq(text, ",") {
		t, wrong := parseTerm(part)
		if wrong != nil {
			wrong.At += at
			return nil, wrong
		}
		set = append(set, t)
		at += len(part) + 1
	}
	return set, nil
}

func parseTerm(part string) (Term, *SyntaxError) {
	text := strings.TrimSpace(part)
	at := len(part) - len(strings.TrimLeft(part, " \t\n"))
	if text == "" {
		return Term{}, &SyntaxError{At: at, Word: ",", Text: "has no condition on one side of it"}
	}
	op := text[:len(text)-len(strings.TrimLeft(text, "=!<>~"))]
	switch Op(op) {
	case Equal, NotEqual, Less, AtMost, More, AtLeast, Like:
	case "":
		return Term{}, &SyntaxError{At: at, Word: text, Text: "is no condition (want one of = != < <= > >= ~ and a version)"}
	default:
		return Term{}, &SyntaxError{At: at, Word: op, Text: "is no operator (want one of = != < <= > >= ~)"}
	}
	v := strings.TrimSpace(text[len(op):])
	if v == "" {
		return Term{}, &SyntaxError{At: at, Word: text, Text: "has no version after it"}
	}
	if i := strings.IndexAny(v, " \t\n"); i >= 0 {
		return Term{}, &SyntaxError{
			At: at + strings.Index(text, v) + i, Word: strings.TrimSpace(v[i:]), Text: "is too much: conditions are parted by commas",
		}
	}
	return Term{Op(op), v}, nil
}

// String writes the set as ParseSet reads it.
func (s Set) String() string {
	terms := make([]string, len(s))
	for i, t := range s {
		terms[i] = string(t.Op) + " " + t.Version
	}
	return strings.Join(terms, ", ")
}

// Allows reports whether a version, by the name that people give it, meets every condition: "=" and "!=" compare
// bytes, and v's epoch does not count if the condition has none. The author of "< 2" for machines of any kind means
// upstream's version, and knows no packager's epoch.
func (s Set) Allows(v string) bool {
	return !slices.ContainsFunc(s, func(t Term) bool { return !t.allows(v) })
}

func (t Term) allows(v string) bool {
	switch t.Op {
	case Equal:
		return v == t.Version
	case NotEqual:
		return v != t.Version
	}
	if epoch, _ := cutEpoch(t.Version); epoch == "" {
		_, v = cutEpoch(v)
	}
	if t.Op == Like {
		return isLike(v, t.Version)
	}
	return t.allowsPlace(Compare, v)
}

// AllowsPlace reports whether the place of a version in the order meets every condition, as a package manager sees it:
// epochs count, and "=" means any spelling of one place.
func (s Set) AllowsPlace(v string) bool { return s.AllowsPlaceBy(Compare, v) }

// AllowsPlaceBy is AllowsPlace in another order than Debian's.
func (s Set) AllowsPlaceBy(compare func(a, b string) int, v string) bool {
	return !slices.ContainsFunc(s, func(t Term) bool { return !t.allowsPlace(compare, v) })
}

func (t Term) allowsPlace(compare func(a, b string) int, v string) bool {
	c := compare(v, t.Version)
	switch t.Op {
	case Equal:
		return c == 0
	case NotEqual:
		return c != 0
	case Less:
		return c < 0
	case AtMost:
		return c <= 0
	case More:
		return c > 0
	case AtLeast:
		return c >= 0
	}
	return false
}

// IsBelow reports whether all versions that the set allows come before v.
func (s Set) IsBelow(v string) bool { return s.IsBelowBy(Compare, v) }

// IsBelowBy is IsBelow in another order than Debian's.
func (s Set) IsBelowBy(compare func(a, b string) int, v string) bool {
	return slices.ContainsFunc(s, func(t Term) bool {
		c := compare(t.Version, v)
		return c < 0 && (t.Op == Equal || t.Op == AtMost) || c <= 0 && t.Op == Less
	})
}

// isLike reports whether v begins with the components of prefix: it does not continue a number or a word at the end of
// prefix.
func isLike(v, prefix string) bool {
	rest, ok := strings.CutPrefix(v, prefix)
	if !ok || rest == "" {
		return ok
	}
	end, next := prefix[len(prefix)-1], rest[0]
	return !(isDigit(end) && isDigit(next) || isLetter(end) && isLetter(next))
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80 }

// Exact returns the version of a set with a single "=".
func (s Set) Exact() (string, bool) {
	if len(s) == 1 && s[0].Op == Equal {
		return s[0].Version, true
	}
	return "", false
}
