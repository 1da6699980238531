package ignore

import (
	"strings"

	"converge/internal/stow/perlre"
)

// Pattern is the pattern of an option such as --ignore=RE or --defer=RE. It is a farm.Matcher.
type Pattern struct {
	text string
	re   *perlre.Regexp
}

// Suffix returns a pattern that matches the end of a path: --ignore.
func Suffix(re string) (*Pattern, error) { return newPattern(re, "("+re+`)\z`) }

// Prefix returns a pattern that matches the beginning of a path: --defer, --override, --no-fold-path, --traverse.
func Prefix(re string) (*Pattern, error) { return newPattern(re, `\A(`+re+")") }

func newPattern(text, full string) (*Pattern, error) {
	re, err := perlre.Compile(full)
	if err != nil {
		return nil, blameText(text, err)
	}
	return &Pattern{text, re}, nil
}

// blameText returns the error of a pattern that contains text; that of the text alone, if the text is wrong by itself.
func blameText(text string, err error) error {
	if _, alone := perlre.Compile(text); alone != nil {
		return alone
	}
	return err
}

// String returns the pattern as given.
func (p *Pattern) String() string { return p.text }

// Match reports whether the pattern matches path; false if that takes too long. Try distinguishes the two.
func (p *Pattern) Match(path string) bool { return p.re.Match(path) }

// Try reports whether the pattern matches path; its error is perlre.ErrBudget.
func (p *Pattern) Try(path string) (bool, error) { return p.re.Try(path) }

// plain is a pattern for names that is only text, with an optional ".*" or ".+" before or after it, as most are: it is
// matched without a regular expression. The name must not contain a newline.
type plain struct {
	text         string
	before, past int // the least number of further bytes; -1: none allowed
}

// parsePlain parses a pattern that may be plain.
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

// splitPlain separates the plain patterns for names from the others. It cannot if a group, an option or a class might
// extend over several lines.
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
