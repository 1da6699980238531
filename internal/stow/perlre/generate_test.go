package perlre

import (
	"math/rand/v2"
	"strings"
)

// generator makes patterns that are mostly well formed.
type generator struct {
	*rand.Rand
	groups int
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) perlCase() perlCase {
	g.groups = 0
	p := g.pattern(3)
	mutate := g.IntN(20)
	if strings.Contains(p, "[:") || strings.Contains(p, `\g{`) {
		mutate = 2 // Perl guesses the meaning of a broken one
	}
	switch mutate {
	case 0: // broken
		if len(p) > 1 {
			i := g.IntN(len(p))
			p = p[:i] + p[i+1:]
		}
	case 1:
		i := g.IntN(len(p) + 1)
		p = p[:i] + g.pick(`\`, "(", ")", "[", "{", "*", "?", "|", "$", "#", " ", "x") + p[i:]
	}
	if p == "" {
		p = "a" // in Perl, an empty pattern means the previous one
	}
	c := perlCase{pattern: p}
	for range 12 {
		c.subjects = append(c.subjects, g.subject())
	}
	return c
}

func (g *generator) subject() string {
	var b strings.Builder
	for range g.IntN(9) {
		b.WriteString(g.pick("a", "a", "b", "b", "A", "B", "c", "1", "_", " ", "-", "\n", "/", ".", "\xe9", "\xc9", "\x85", "\xa0", "\v", "#"))
	}
	if g.IntN(6) == 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

func (g *generator) pattern(depth int) string {
	var alts []string
	for range 1 + g.IntN(2)*g.IntN(3) {
		var b strings.Builder
		for range g.IntN(4) + g.IntN(2) {
			b.WriteString(g.atom(depth))
			b.WriteString(g.quantifier())
		}
		alts = append(alts, b.String())
	}
	return strings.Join(alts, "|")
}

func (g *generator) quantifier() string {
	switch g.IntN(10) {
	case 0, 1:
		return g.pick("*", "+", "?", "{2}", "{1,2}", "{0,1}", "{,2}", "{1,}", "{ 1, 2 }", "{0}")
	case 2:
		return g.pick("*?", "+?", "??", "{1,2}?", "{2,}?", "*+", "++", "?+", "{1,2}+", "{0,3}+")
	}
	return ""
}

func (g *generator) atom(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return g.group(depth - 1)
	}
	switch g.IntN(12) {
	case 0:
		return g.class()
	case 1:
		return g.pick(`\d`, `\w`, `\s`, `\D`, `\W`, `\S`, `\h`, `\H`, `\v`, `\V`, `\N`)
	case 2:
		return g.pick("^", "$", `\A`, `\z`, `\Z`, `\b`, `\B`)
	case 3:
		return g.pick(`\x61`, `\x{e9}`, `\141`, `\n`, `\t`, `\e`, `\-`, `\.`, `\/`, `\Q`, `\E`, `\cK`, `\0`, `\12`, `\#`, `\x{ 61 }`)
	case 4:
		if g.groups > 0 {
			return g.pick(`\1`, `\2`, `\g1`, `\g{-1}`, `\g{1}`)
		}
		return "."
	case 5:
		return g.pick("(?i)", "(?s)", "(?m)", "(?x) ", "(?-i)", "(?^)", "(?n)", "(?#c)", "(?a)", "(?d)")
	case 6:
		return "."
	case 7:
		return g.pick("\xe9", "\n", " ", "#", "/", "-", "_", "{", "}", "]", ",")
	}
	return g.pick("a", "b", "a", "b", "A", "B", "c", "1")
}

func (g *generator) group(depth int) string {
	if g.IntN(2) == 0 {
		g.groups++
		return g.pick("(", "(", "(", "(?<n>", "(?P<n>") + g.pattern(depth) + ")"
	}
	switch g.IntN(16) {
	case 0:
		return g.pick(`\k<n>`, `\k<n>`, `\k<m>`)
	case 1:
		return g.pick("(*FAIL)", "(*F)")
	case 2: // unsupported syntax
		return g.pick("(?(1)"+g.branch()+"|"+g.branch()+")", "(?|"+g.pattern(depth)+")", `\k{n}`, `\g{n}`, "(?P=n)", "(?'m'a)",
			"(*pla:a)", "(*atomic:a*)", "(?R)", "(*COMMIT)", `\K`, `\R`, `\G`, `\o{142}`, "(?xx)")
	case 5, 6:
		return g.pick("(?<=", "(?<!") + g.behind() + ")"
	}
	open := g.pick("(?:", "(?:", "(?i:", "(?s:", "(?m:", "(?x: ", "(?-i:", "(?^:", "(?^i:", "(?=", "(?!", "(?>", "(?>")
	return open + g.pattern(depth) + ")"
}

// behind makes the content of a look-behind: if its length varies, the behaviour of perl 5.36 (which it calls
// experimental) differs from its manual.
func (g *generator) behind() string {
	p := g.pick("a", ".", "^", `\b`, "[ab]", `\n`, `\W`, "(a)", "a$", "b(?=a)", "(?i)a")
	if g.IntN(2) == 0 {
		p += g.pick("a", "b", `\w`, ".")
	}
	return p
}

func (g *generator) branch() string { return g.pick("a", "b", "", "ab", "[ab]", ".", "A") }

func (g *generator) class() string {
	var b strings.Builder
	b.WriteString(g.pick("[", "[", "[^"))
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick("a", "b", "A", "a-c", "A-B", "-", "]", "^", `\d`, `\w`, `\s`, `\W`, `\h`, `\n`, `\]`, `\-`, `\\`,
			"[:alpha:]", "[:^upper:]", "[:upper:]", "[:punct:]", "[:space:]", "[:^word:]", `\xe9`, "\xe9", `\b`, `\101`, " ", "[", "$", ".", `\x{62}-\x{63}`))
	}
	return b.String() + "]"
}
