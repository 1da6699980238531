package version

import (
	"strings"

	"converge/internal/stow/stanza"
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

// ParseSet reads a comma list of conditions: ">= 1.5, < 2". An error is a
// [stanza.WordError].
func ParseSet(text string) (Set, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var set Set
	at := 0
	for part := range strings.SplitSeq(text, ",") {
		t, err := parseTerm(part)
		if err != nil {
			return nil, stanza.Shift(err, at)
		}
		set = append(set, t)
		at += len(part) + 1
	}
	return set, nil
}

func parseTerm(part string) (Term, error) {
	text := strings.TrimSpace(part)
	at := len(part) - len(strings.TrimLeft(part, " \t\n"))
	if text == "" {
		return Term{}, &stanza.WordError{At: at, Word: ",", Text: "has no condition on one side of it"}
	}
	op := text[:len(text)-len(strings.TrimLeft(text, "=!<>~"))]
	switch Op(op) {
	case Equal, NotEqual, Less, AtMost, More, AtLeast, Like:
	case "":
		return Term{}, &stanza.WordError{At: at, Word: text, Text: "is no condition (want one of = != < <= > >= ~ and a version)"}
	default:
		return Term{}, &stanza.WordError{At: at, Word: op, Text: "is no operator (want one of = != < <= > >= ~)"}
	}
	v := strings.TrimSpace(text[len(op):])
	if v == "" {
		return Term{}, &stanza.WordError{At: at, Word: text, Text: "has no version after it"}
	}
	if i := strings.IndexAny(v, " \t\n"); i >= 0 {
		return Term{}, &stanza.WordError{
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

// Allows reports whether a version meets every condition.
func (s Set) Allows(v string) bool {
	for _, t := range s {
		if !t.allows(v) {
			return false
		}
	}
	return true
}

// allows compares without v's epoch where the condition has none: the author of
// "< 2" for machines of any kind means upstream's version, and knows of no
// packager's epoch.
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
		return like(v, t.Version)
	}
	c := Compare(v, t.Version)
	switch t.Op {
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

// like reports whether v begins with the components of prefix: it continues
// neither a number nor a word in the middle of which prefix ends.
func like(v, prefix string) bool {
	rest, ok := strings.CutPrefix(v, prefix)
	if !ok || rest == "" {
		return ok
	}
	end, next := prefix[len(prefix)-1], rest[0]
	return !sameClass(end, next)
}

func sameClass(a, b byte) bool {
	return isDigit(a) && isDigit(b) || isLetter(a) && isLetter(b)
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80 }

// Exact is the one version that the set allows, if it is written so.
func (s Set) Exact() (string, bool) {
	for _, t := range s {
		if t.Op == Equal {
			return t.Version, true
		}
	}
	return "", false
}
