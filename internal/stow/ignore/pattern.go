package ignore

import (
	"strings"

	"converge/internal/stow/perlre"
)

// Pattern is what an option such as --ignore=RE or --defer=RE matches. It is
// a farm.Matcher.
type Pattern struct {
	text string
	re   *perlre.Regexp
}

// Suffix is a pattern that ends where the path ends: --ignore.
func Suffix(re string) (*Pattern, error) { return newPattern(re, "("+re+`)\z`) }

// Prefix is a pattern that begins where the path begins: --defer, --override,
// --no-fold-path, --traverse.
func Prefix(re string) (*Pattern, error) { return newPattern(re, `\A(`+re+")") }

func newPattern(text, full string) (*Pattern, error) {
	re, err := perlre.Compile(full)
	if err != nil {
		return nil, blameText(text, err)
	}
	return &Pattern{text, re}, nil
}

// blameText is the error of a pattern with text in it: that of the text alone, if the
// text alone is wrong.
func blameText(text string, err error) error {
	if _, alone := perlre.Compile(text); alone != nil {
		return alone
	}
	return err
}

// String is the pattern as it was given.
func (p *Pattern) String() string { return p.text }

// Match tells whether the pattern matches path. A match that takes too long is
// none; Try tells the two apart.
func (p *Pattern) Match(path string) bool { return p.re.Match(path) }

// Try tells whether the pattern matches path; its error is perlre.ErrBudget.
func (p *Pattern) Try(path string) (bool, error) { return p.re.Try(path) }

// plain is a pattern for names that is nothing but text, with ".*" or ".+"
// before or behind it, as most are: it is matched without a regular expression.
// A name that it is asked about holds no newline.
type plain struct {
	text         string
	before, past int // how many bytes more there must be at least; -1: none may be
}

// parsePlain understands what plain is.
func parsePlain(pattern string) (plain, bool) {
	p := plain{before: -1, past: -1}
	p.before, pattern = cutAnything(pattern, strings.CutPrefix)
	if !strings.HasSuffix(pattern, `\.*`) && !strings.HasSuffix(pattern, `\.+`) {
		p.past, pattern = cutAnything(pattern, strings.CutSuffix)
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern) && strings.IndexByte(`.#-+*?~,@%=`, pattern[i+1]) >= 0:
			i++
			c = pattern[i]
		case strings.IndexByte(`\.^$*+?()[]{}|`, c) >= 0:
			return p, false
		}
		b.WriteByte(c)
	}
	p.text = b.String()
	return p, p.text != ""
}

// cutAnything cuts ".*" or ".+" off.
func cutAnything(pattern string, cut func(s, what string) (string, bool)) (least int, rest string) {
	if rest, ok := cut(pattern, ".*"); ok {
		return 0, rest
	}
	if rest, ok := cut(pattern, ".+"); ok {
		return 1, rest
	}
	return -1, pattern
}

func (p plain) match(name string) bool {
	more := len(name) - len(p.text)
	switch {
	case more < max(p.before, 0)+max(p.past, 0):
		return false
	case p.before < 0 && p.past < 0:
		return name == p.text
	case p.before < 0:
		return strings.HasPrefix(name, p.text)
	case p.past < 0:
		return strings.HasSuffix(name, p.text)
	}
	return strings.Contains(name[p.before:len(name)-p.past], p.text)
}

// splitPlain parts the patterns for names into plain ones and the others. It cannot
// where a group might reach over several lines, or an option, or a class.
func splitPlain(names []string) (plains []plain, others []string, ok bool) {
	for _, n := range names {
		if strings.Contains(n, "(") {
			return nil, nil, false
		}
		if p, ok := parsePlain(n); ok {
			plains = append(plains, p)
			continue
		}
		if _, err := perlre.Compile(n); err != nil {
			return nil, nil, false
		}
		others = append(others, n)
	}
	return plains, others, true
}
