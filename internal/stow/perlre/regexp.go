package perlre

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// Regexp is a compiled pattern. It may be used by several goroutines at once.
type Regexp struct {
	linear *regexp.Regexp // nil: only the matcher can match
	root   *node          // for the matcher; nil: linear matches every subject
	groups int
}

// Compile parses a pattern; its error is an [*Error].
func Compile(pattern string) (*Regexp, error) {
	root, groups, err := parse(pattern)
	if err != nil {
		return nil, err
	}
	r := &Regexp{}
	if root.isRegular() {
		// The matcher handles patterns that RE2 refuses, such as 2,000 repetitions.
		r.linear, _ = regexp.Compile(toRE2(root).String())
	}
	if r.linear == nil || root.needsLastNewline() {
		r.root, r.groups = root, groups
	}
	return r, nil
}

// Try reports whether the pattern matches somewhere in s. Its error is [ErrBudget].
func (r *Regexp) Try(s string) (bool, error) {
	if r.linear == nil || r.root != nil && s != "" && s[len(s)-1] == '\n' {
		return search(r.root, r.groups, s)
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return r.linear.Match(decodeLatin1(s)), nil
		}
	}
	return r.linear.MatchString(s), nil
}

// Match reports whether the pattern matches somewhere in s; false if the search was given up. Try distinguishes the two.
func (r *Regexp) Match(s string) bool {
	ok, err := r.Try(s)
	return ok && err == nil
}

// decodeLatin1 returns s with a rune for each byte.
func decodeLatin1(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = utf8.AppendRune(b, rune(s[i]))
	}
	return b
}

// toRE2 converts a regular tree for package regexp, for subjects with one rune for each byte that, if the tree needs the
// last newline, do not end in a newline. There $ and \Z are \z.
func toRE2(n *node) *syntax.Regexp {
	re := &syntax.Regexp{Min: n.min, Max: n.max}
	for _, s := range n.subs {
		re.Sub = append(re.Sub, toRE2(s))
	}
	switch n.op {
	case opEmpty:
		re.Op = syntax.OpEmptyMatch
	case opFail:
		re.Op = syntax.OpNoMatch
	case opSet:
		re.Op, re.Rune = toRanges(n.set)
	case opCat:
		re.Op = syntax.OpConcat
	case opAlt:
		re.Op = syntax.OpAlternate
	case opGroup:
		return re.Sub[0]
	case opRepeat:
		re.Op = syntax.OpRepeat
		if n.lazy {
			re.Flags = syntax.NonGreedy
		}
	case opAssert:
		re.Op = toAssertion(n.assert)
	}
	return re
}

func toAssertion(a assert) syntax.Op {
	switch a {
	case atStart:
		return syntax.OpBeginText
	case atLineStart:
		return syntax.OpBeginLine
	case atLineEnd:
		return syntax.OpEndLine
	case atBoundary:
		return syntax.OpWordBoundary
	case noBoundary:
		return syntax.OpNoWordBoundary
	}
	return syntax.OpEndText // atEnd, beforeEnd
}

// toRanges converts a set to pairs of first and last runes, or to one of the two meanings of a dot. The pairs have no
// rune above \xff: no subject contains one, and Regexp.String examines the other cases of every rune of a class, which
// took milliseconds.
func toRanges(s set) (syntax.Op, []rune) {
	switch s {
	case set{}.negated():
		return syntax.OpAnyChar, nil
	case setOf("\n").negated():
		return syntax.OpAnyCharNotNL, nil
	}
	var pairs []rune
	for c := rune(0); c < 256; c++ {
		if !s.has(byte(c)) {
			continue
		}
		pairs = append(pairs, c)
		for c < 255 && s.has(byte(c+1)) {
			c++
		}
		pairs = append(pairs, c)
	}
	return syntax.OpCharClass, pairs
}
