package version

import (
	"cmp"
	"strings"
)

// CompareAPK orders versions as Alpine's apk does (apk-package(5)):
//
//	NUMBER[.NUMBER…][LETTER][_SUFFIX[NUMBER]…][~HASH][-rNUMBER]
//
// A number after a dot that begins with zeros comes before one that does not; more zeros come first. The suffixes
// alpha, beta, pre and rc come before the end of a version; cvs, svn, git, hg and p after it. From the first place at
// which a text is not a version of apk, it comes before any version.
func CompareAPK(a, b string) int {
	la, lb := apkLexer{rest: a, first: true}, apkLexer{rest: b, first: true}
	for {
		ta, tb := la.next(), lb.next()
		if c := cmp.Or(cmp.Compare(ta.rank, tb.rank), ta.compareText(tb)); c != 0 || ta.rank == apkEnd || ta.rank == apkJunk {
			return c
		}
	}
}

// ValidAPK reports whether apk accepts a text as a version.
func ValidAPK(v string) bool {
	l := apkLexer{rest: v, first: true}
	for {
		switch l.next().rank {
		case apkJunk:
			return false
		case apkEnd:
			return true
		}
	}
}

// Kinds of tokens, in the order that counts when two versions differ in the kind.
const (
	apkJunk = iota
	apkPreSuffix
	apkEnd
	apkRevision
	apkHash
	apkSuffixNumber
	apkPostSuffix
	apkLetter
	apkNumber
	apkAfterZeros // the digits of a number that begins with zeros
)

type apkToken struct {
	rank int
	text string
	at   int // of a suffix: its place
}

// compareText compares tokens of one kind.
func (t apkToken) compareText(o apkToken) int {
	switch t.rank {
	case apkPreSuffix, apkPostSuffix:
		return cmp.Compare(t.at, o.at)
	case apkNumber, apkAfterZeros, apkSuffixNumber, apkRevision:
		return cmp.Or(cmp.Compare(t.at, o.at), compareNumbers(t.text, o.text))
	}
	return cmp.Compare(t.text, o.text)
}

// apkLexer splits a version into tokens.
type apkLexer struct {
	rest  string
	first bool // nothing has been taken yet
	last  int  // the kind of the last token
	zeros bool // it was the zeros before the digits of a number
}

func (l *apkLexer) next() apkToken {
	t, ok := l.take()
	if !ok {
		t = apkToken{rank: apkJunk, text: l.rest}
	}
	l.first, l.last = false, t.rank
	return t
}

// take cuts off the next token; ok is false if the rest is not a version.
func (l *apkLexer) take() (t apkToken, ok bool) {
	switch {
	case l.zeros:
		l.zeros = false
		return apkToken{rank: apkAfterZeros, text: l.digits()}, true
	case l.first:
		text := l.digits()
		return apkToken{rank: apkNumber, text: text}, text != ""
	case l.rest == "":
		return apkToken{rank: apkEnd}, true
	case l.last == apkPreSuffix || l.last == apkPostSuffix:
		if isDigit(l.rest[0]) {
			return apkToken{rank: apkSuffixNumber, text: l.digits()}, true
		}
	case l.last >= apkNumber && 'a' <= l.rest[0] && l.rest[0] <= 'z':
		t = apkToken{rank: apkLetter, text: l.rest[:1]}
		l.rest = l.rest[1:]
		return t, true
	}
	return l.takeMarked()
}

// takeMarked cuts off a token that a mark begins.
func (l *apkLexer) takeMarked() (t apkToken, ok bool) {
	rest := l.rest
	switch {
	case rest[0] == '.' && l.last >= apkLetter:
		return l.takeNumber()
	case rest[0] == '_' && l.last != apkHash && l.last != apkRevision:
		return l.takeSuffix()
	case rest[0] == '~' && l.last != apkHash && l.last != apkRevision:
		n := 1
		for n < len(rest) && (isDigit(rest[n]) || 'a' <= rest[n] && rest[n] <= 'f') {
			n++
		}
		l.rest = rest[n:]
		return apkToken{rank: apkHash, text: rest[1:n]}, n > 1
	case strings.HasPrefix(rest, "-r") && l.last != apkRevision:
		l.rest = rest[2:]
		text := l.digits()
		return apkToken{rank: apkRevision, text: text}, text != ""
	}
	return t, false
}

// takeNumber cuts off a number after a dot; one that begins with zeros is two tokens.
func (l *apkLexer) takeNumber() (t apkToken, ok bool) {
	rest := l.rest
	l.rest = rest[1:]
	n := 0
	for n < len(l.rest) && l.rest[n] == '0' {
		n++
	}
	if n > 0 {
		l.rest = l.rest[n:]
		l.zeros = l.rest != "" && isDigit(l.rest[0])
		return apkToken{rank: apkNumber, at: -n}, true
	}
	text := l.digits()
	if text == "" {
		l.rest = rest
	}
	return apkToken{rank: apkNumber, text: text}, text != ""
}

func (l *apkLexer) takeSuffix() (t apkToken, ok bool) {
	for rank, names := range map[int][]string{
		apkPreSuffix:  {"alpha", "beta", "pre", "rc"},
		apkPostSuffix: {"cvs", "svn", "git", "hg", "p"},
	} {
		for i, name := range names {
			if rest, found := strings.CutPrefix(l.rest[1:], name); found && !(name == "p" && strings.HasPrefix(rest, "re")) {
				l.rest = rest
				return apkToken{rank: rank, at: i}, true
			}
		}
	}
	return t, false
}

func (l *apkLexer) digits() string {
	n := countWhile(l.rest, true)
	out := l.rest[:n]
	l.rest = l.rest[n:]
	return out
}
