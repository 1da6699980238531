package getopt

import (
	"strings"
)

// Kind is the argument that an option takes.
type Kind uint8

// The kinds of options.
const (
	Flag   Kind = iota // nothing
	Level              // a whole number if one follows; else it adds one
	Text               // a text, always
	Joined             // a text if one follows "="; the next word is never taken
)

// Spec is an option.
type Spec struct {
	Name    string   // under which it is reported
	Aliases []string // its other names; a single letter makes a one-letter option, and a long one too
	Kind    Kind
	Late    bool // an abbreviation prefers an option that is not late
}

// Got is an option as it was given.
type Got struct {
	Name  string // of its Spec
	Text  string // of Text and Joined
	Level int    // of Level
	Up    bool   // of Level: no number was given, add one; of Joined: no text was given
}

// Parser holds the options and the functions that receive the results. All three functions must be set.
type Parser struct {
	Specs  []Spec
	Bundle bool // -nv is -n -v, and case matters; without it -name is --name, in any case

	Option func(Got) error // an error of it counts as a mistake in the command line
	Word   func(string)
	Warn   func(string) // receives mistakes in the command line, in Getopt::Long's words
}

// Parse reads the words up to "--" and returns those after it. It continues after a mistake; ok reports that there was
// none.
func (p *Parser) Parse(words []string) (rest []string, ok bool) {
	r := run{Parser: p, specs: map[string]*Spec{}, words: words, ok: true}
	for i := range p.Specs {
		s := &p.Specs[i]
		r.specs[s.Name] = s
		for _, a := range s.Aliases {
			r.specs[a] = s
		}
	}
	for len(r.words) > 0 {
		word := r.shiftWord()
		if word == "--" {
			break
		}
		if start := optionPrefix(word); start != "" {
			r.parseOption(start, word[len(start):])
		} else {
			p.Word(word)
		}
	}
	return r.words, r.ok
}

// optionPrefix returns the prefix that makes a word an option. A plus sign is one, too, for historical reasons.
func optionPrefix(word string) string {
	switch {
	case strings.HasPrefix(word, "--"):
		return "--"
	case strings.HasPrefix(word, "+"):
		return "+"
	case strings.HasPrefix(word, "-") && word != "-":
		return "-"
	}
	return ""
}
