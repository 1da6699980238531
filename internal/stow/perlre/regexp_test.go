package perlre

import (
	"errors"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{`^(RCS|.+,v)$`, []string{"RCS", "a,v", "RCS\n"}, []string{"RCSX", ",v", "a\nb,v"}},
		{`(foo$)\z`, []string{"foo", "xfoo"}, []string{"foo\n", "foo\n\n"}},
		{`foo\Z`, []string{"foo", "foo\n"}, []string{"foo\n\n", "foox"}},
		{`(?m)^b$`, []string{"a\nb", "b\n", "a\nb\nc"}, []string{"ab"}},
		{`(?m)\n^\z`, nil, []string{"a\n"}},
		{`^.$`, []string{"a", "\xe9", "\n\n"[:0] + "x\n"}, []string{"\n", "ab", "\xc3\xa9"}},
		{`^\w+$`, []string{"aZ_9"}, []string{"\xe9", "a-"}},
		{`^\W$`, []string{"\xe9", "-"}, []string{"a"}},
		{`(?i)^k\xe9$`, []string{"K\xe9", "k\xe9"}, []string{"k\xc9", "\xe2\x84\xaa\xe9"}},
		{`^\s$`, []string{"\v", " "}, []string{"\x85", "\xa0"}},
		{`^(?!keep).*\.tmp$`, []string{"drop.tmp"}, []string{"keep.tmp"}},
		{`^(.)\1$`, []string{"aa", "\xe9\xe9"}, []string{"ab"}},
		{`^((.)\1)$`, nil, []string{"aa"}}, // the outer group is still open
		{`^(?<c>.)b\k<c>$`, []string{"aba"}, []string{"abc"}},
		{`(?<=/)x(?=\.)`, []string{"a/x.y"}, []string{"ax.y", "/xy"}},
		{`^a++ab$`, nil, []string{"aaab"}},
		{`^(?>a|ab)c$`, []string{"ac"}, []string{"abc"}},
		{`^(?P<c>.)\g1\g{1}\g{-1}$`, []string{"aaaa"}, []string{"aaab", "aaa"}},
		{`^(?:(a)|b)*\1$`, []string{"aba", "aa"}, []string{"abb", "b"}},
		{`^(?i:(a))\1$`, []string{"AA"}, []string{"Aa"}},
		{`^(a)(?i)\1$`, []string{"aA"}, []string{"AA"}},
		{`^(?n)(a)(?-n)(b)\1$`, []string{"abb"}, []string{"aba"}},
		{`^a(*F)|b`, []string{"b"}, []string{"a"}},
		{`^a{2,1}$`, nil, []string{"a", "aa", "a{2,1}"}},
		{`^a{,2}$`, []string{"", "aa"}, []string{"aaa", "a{,2}"}},
		{`^a{,}b{x}$`, []string{"a{,}b{x}"}, []string{"ab"}},
		{`^a{1500}$`, []string{strings.Repeat("a", 1500)}, []string{strings.Repeat("a", 1499)}},
		{`^\Qa.b\E$`, []string{"QaxbE"}, []string{"a.b"}}, // quoting is done before qr// sees a pattern
		{`^(?x) a b # c` + "\n$", []string{"ab"}, []string{"a b"}},
		{`^[^\x00-\xff]$`, nil, []string{"a", "\xff", ""}},
		{`[]a]\]`, []string{"]]", "a]"}, []string{"b]"}},
		{`^[[:^alpha:]]+$`, []string{"1-\xe9"}, []string{"a"}},
		{`a|^b\b`, []string{"xa", "b c"}, []string{"bc"}},
		{`^(?i:\141\x62\x{63}\cA)$`, []string{"ABC\x01"}, []string{"AB\x01"}},
		{``, []string{"", "x"}, nil},
	} {
		re, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		for _, s := range c.yes {
			if !re.Match(s) {
				t.Errorf("%q does not match %q", c.pattern, s)
			}
		}
		for _, s := range c.no {
			if re.Match(s) {
				t.Errorf("%q matches %q", c.pattern, s)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		pattern string
		offset  int
		reason  string
	}{
		{`a(b`, 1, "unmatched ("},
		{`a)b`, 1, "unmatched )"},
		{`a[b`, 1, "unmatched ["},
		{`a**`, 2, "nested quantifiers"},
		{`|*`, 1, "quantifier follows nothing"},
		{`a\`, 1, `\ at the end`},
		{`[z-a]`, 1, "the range ends before it begins"},
		{`[[:foo:]]`, 1, "there is no class [:foo:]"},
		{`(a)\2`, 3, "there is no group 2"},
		{`\k<n>`, 0, `there is no group "n"`},
		{`\g{-1}(a)`, 0, "there is no group -1"},
		{`(?z)`, 2, "(?z is not a group"},
		{`(?<=a+)b`, 0, "cannot look back more than 255 bytes"},
		{`a(?R)`, 3, "recursion is not supported"},
		{`(?{1})`, 2, "code in a pattern is not supported"},
		{`(*COMMIT)`, 0, "(*COMMIT is not supported"},
		{`(*pla:a)`, 0, "(*pla is not supported"},
		{`(a)?(?(1)b|c)`, 6, "(?( is not supported"},
		{`(?|(a)|(b))`, 2, "(?| is not supported"},
		{`(?'n'a)`, 2, "(?' is not supported"},
		{`(?<n>a)(?P=n)`, 9, "(?P is not supported"},
		{`(?<n>a)(?<n>b)`, 7, `a second group "n" is not supported`},
		{`(?<n>a)\k{n}`, 7, `\k{ is not supported: write \k<NAME>`},
		{`(?<n>a)\g{n}`, 7, `\g{ is not supported with anything but a number`},
		{`(?xx)[a b]`, 3, "the modifier xx is not supported"},
		{`a\K`, 1, `\K is not supported`},
		{`\o{12}`, 0, `\o is not supported`},
		{`[\o{12}]`, 1, `\o is not supported`},
		{`\x{4g}`, 0, `\x{4g} is not supported: want hexadecimal digits`},
		{`\pL`, 0, `\p is not supported: patterns match bytes`},
		{`\x{100}`, 0, `a character above \xff is no byte`},
		{`a{70000}`, 1, "repeated more than 65534 times"},
		{`\d{`, 2, "{ must be escaped here"},
		{strings.Repeat("(", 300), 250, "groups nest more than 250 deep"},
	} {
		_, err := Compile(c.pattern)
		var e *Error
		if !errors.As(err, &e) || e.Offset != c.offset || e.Reason != c.reason {
			t.Errorf("%q: %v, want %q at %d", c.pattern, err, c.reason, c.offset)
		}
	}
}

// TestBudget shows that a pattern that would take for ever is given up, but only if RE2 cannot match it.
func TestBudget(t *testing.T) {
	subject := strings.Repeat("a", 4000)
	for _, pattern := range []string{`^(a|a)*\1b`, `(?=((a+)+)+$)b`, `^(?:(?=a)a|aa)+$b`, `(a*)*\1(x+x+)+y`} {
		re, err := Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if re.root == nil {
			t.Errorf("%q is said to be linear", pattern)
		}
		if ok, err := re.Try(subject); ok || !errors.Is(err, ErrBudget) {
			t.Errorf("%q: %v, %v", pattern, ok, err)
		}
		if re.Match(subject) {
			t.Errorf("%q matches", pattern)
		}
	}
	re, err := Compile(`^(a|a)*b`)
	if err != nil || re.root != nil {
		t.Fatalf("not linear: %v", err)
	}
	if ok, err := re.Try(subject); ok || err != nil {
		t.Errorf("linear: %v, %v", ok, err)
	}
}

// TestNoAllocation shows that the common path allocates nothing.
func TestNoAllocation(t *testing.T) {
	re, err := Compile(`^(foo.*|.+~|\.git)$`)
	if err != nil {
		t.Fatal(err)
	}
	re.Match("warm")
	if n := testing.AllocsPerRun(100, func() { re.Match("some-ordinary-name.h") }); n > 0 {
		t.Errorf("%v allocations for a match", n)
	}
}

// TestPerlTable compares cases that are hard to find by chance.
func TestPerlTable(t *testing.T) {
	subjects := []string{"", "a", "b", "ab", "aa", "aab", "a\n", "a{", "{", "a{1}", "A", "a a", "\n", "\x85", "\xa0", "a]", "-", "[", ":", "1a"}
	var cases []perlCase
	for _, p := range []string{
		`a{`, `{`, `^{`, `({`, `a{b`, `a{2,1}`, `a{2,1}|b`, `a{01}`, `x{2}{3}`, `a{65535}`, `(*a`, `^*`, `\b+`, `(?=a)*a`,
		`\8`, `(a)\8`, `\10`, `()()()()()()()()()(a)\10`, `\012`, `\1(a)`, `(a\1)`, `[a-\d]`, `[\d-z]`, `[]`, `[]a]`, `a]`, `a}`,
		`[[.a.]]`, `[[=a=]]`, `[:alpha:]`, `a+++`, `(?<n>a)\k<n>`, `\g`, `\x`, `\x{`, `\xg`, `\x{zz}`, `\o`, `\c`, `\K+`, `\K`,
		`(?#`, `(?#a)*`, `a(?#b)*`, `(?:)*`, `(?(1)a|b|c)`, `(?^-i:a)`, `(?aa)a`, `(?aaa)a`, `(?n)(a)\1`, `(?xx)[a b]`, `[\N]`, `[\b]`,
		`(?<1a>b)`, `(?`, `(?)`, `(?-)a`, `(?s-s:a)`, `[a-`, `[a-]`, `[[:alpha:]-z]`, `(?<a>x)?(?<a>a)\k<a>`, `\g{0}`, `\g{99}`,
		`(?<=\1)(a)`, `[[:^alpha:]`, `[[:alpha:`, `(?<>a)`, `(?<n`, `\.{`, `a*{`, `\Q{`, `()\1{`, `(?=\K)`, `(?da)a`, `(?aia)a`, `(?^^)a`,
		`\g-2`, `(?(`, `(?(1`, `(?(<`, `(?(1)`, `(?(a)b)`, `(?P=`, `(?P`, `(?P<`, `(?'`, `(*)`, `[a\`, `[[:]`, `[[::]]`, `(?-i-s)`, `(?--i)`, `a||b`,
		`^(?:|a)*b`, `^(a?)*b`, `^(?:a?){3}b`, `^(a?)*?b`, `(?:^)*a`, `^(a|ab)(b|)\z`, `(a|b)*\1`, `^(?:(a)|b)*\1$`, `^(?>a*)a`, `(?i)\xe9`,
	} {
		cases = append(cases, perlCase{p, subjects})
	}
	compare(t, cases)
}

func FuzzMatch(f *testing.F) {
	for _, p := range []string{`^(a|b)*?$`, `(?<=a)b(?!c)`, `(.)\1++`, `(?|(a)|(b))(?(1)x|y)`, `[[:^alpha:]\d-]{2,3}`, `(?xi) a # b`, `(?<n>a)\g{n}`} {
		f.Add(p, "aab\n")
	}
	f.Fuzz(func(t *testing.T, pattern, subject string) {
		if len(subject) > 200 || len(pattern) > 200 {
			return
		}
		re, err := Compile(pattern)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(pattern) {
				t.Fatalf("%v has no place", err)
			}
			return
		}
		if _, err := re.Try(subject); err != nil && ((re.root == nil) || !errors.Is(err, ErrBudget)) {
			t.Fatalf("%q on %q: %v", pattern, subject, err)
		}
		bothWays(t, perlCase{pattern, []string{subject}})
	})
}

// TestSetsHoldBytes: the compiled set of a negated class also ends at \xff. Up to the last rune, compiling would take
// milliseconds, see [toRanges].
func TestSetsHoldBytes(t *testing.T) {
	for _, s := range []set{setOf("/").negated(), ranges("09").negated(), ranges("\x80\xff")} {
		if _, pairs := toRanges(s); pairs[len(pairs)-1] != 0xff {
			t.Errorf("%x ends at %x", s, pairs[len(pairs)-1])
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for range b.N {
		if _, err := Compile(`^(foo.*|.+~|\.git|(?i:readme)|[a-z]+\.o|[^/]+\.a)$`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	for name, pattern := range map[string]string{
		"re2":          `^(foo.*|.+~|\.git|(?i:readme)|[a-z]+\.o)$`,
		"backtracking": `^(foo.*|.+~|\.git|(?!keep)[a-z]+\.o|(.)\2)$`,
	} {
		re, err := Compile(pattern)
		if err != nil {
			b.Fatal(err)
		}
		for _, subject := range []string{"some-ordinary-name.h", "n\xe9e.h"} {
			b.Run(name+"/"+subject[:1], func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					re.Match(subject)
				}
			})
		}
	}
}
