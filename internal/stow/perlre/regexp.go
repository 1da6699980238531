package perlre

import (
	"regexp"
	"unicode/utf8"
)

// Regexp is a compiled pattern. It may be used by several goroutines at once.
type Regexp struct {
	pattern string
	linear  *regexp.Regexp // nil: only prog will do
	prog    *program       // nil: linear will do for every subject
}

// Compile parses a pattern; its error is an [*Error].
func Compile(pattern string) (*Regexp, error) {
	root, groups, err := parse(pattern)
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern}
	if root.regular() {
		// The matcher takes what RE2 refuses, such as 2,000 repetitions.
		r.linear, _ = regexp.Compile(re2(root))
	}
	if r.linear == nil || root.minds() {
		r.prog = compile(root, groups)
	}
	return r, nil
}

// String is the pattern.
func (r *Regexp) String() string { return r.pattern }

// Linear reports whether matching takes linear time, whatever the subject; only
// then can Try never fail.
func (r *Regexp) Linear() bool { return r.prog == nil }

// Try tells whether the pattern matches somewhere in s. Its error is
// [ErrBudget].
func (r *Regexp) Try(s string) (bool, error) {
	if r.linear == nil || r.prog != nil && s != "" && s[len(s)-1] == '\n' {
		return r.prog.match(s)
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return r.linear.Match(latin1(s)), nil
		}
	}
	return r.linear.MatchString(s), nil
}

// Match tells whether the pattern matches somewhere in s. A search that was
// given up found nothing; Try tells the two apart.
func (r *Regexp) Match(s string) bool {
	ok, err := r.Try(s)
	return ok && err == nil
}

// latin1 is s with a rune for each byte.
func latin1(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = utf8.AppendRune(b, rune(s[i]))
	}
	return b
}
