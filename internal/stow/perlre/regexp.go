package perlre

import (
	"regexp"
	"unicode/utf8"
)

// Regexp is a compiled pattern. It may be used by several goroutines at once.
type Regexp struct {
	pattern string
	linear  *regexp.Regexp // nil: only the matcher will do
	root    *node          // for the matcher; nil: linear will do for every subject
	groups  int
}

// Compile parses a pattern; its error is an [*Error].
func Compile(pattern string) (*Regexp, error) {
	root, groups, err := parse(pattern)
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern}
	if root.isRegular() {
		// The matcher takes what RE2 refuses, such as 2,000 repetitions.
		r.linear, _ = regexp.Compile(toRE2(root).String())
	}
	if r.linear == nil || root.needsLastNewline() {
		r.root, r.groups = root, groups
	}
	return r, nil
}

// String returns the pattern.
func (r *Regexp) String() string { return r.pattern }

// Linear reports whether matching takes linear time, whatever the subject; only
// then can Try never fail.
func (r *Regexp) Linear() bool { return r.root == nil }

// Try reports whether the pattern matches somewhere in s. Its error is
// [ErrBudget].
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

// Match reports whether the pattern matches somewhere in s. A search that was
// given up found nothing; Try tells the two apart.
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
