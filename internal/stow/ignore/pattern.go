package ignore

import "converge/internal/stow/perlre"

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
