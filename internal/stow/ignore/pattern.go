package ignore

import (
	"errors"

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
	var re *perlre.Regexp
	err := checkPattern(text, func() (*perlre.Regexp, error) {
		var err error
		re, err = perlre.Compile(full)
		return re, err
	})
	if err != nil {
		return nil, err
	}
	return &Pattern{text, re}, nil
}

// checkPattern compiles text in its final context; an error is about the text
// alone if the text alone is wrong.
func checkPattern(text string, compile func() (*perlre.Regexp, error)) error {
	_, err := compile()
	if err == nil {
		return nil
	}
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

// Offset is where in a pattern err found fault, in bytes.
func Offset(err error) (int, bool) {
	var e *perlre.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Offset, true
}
