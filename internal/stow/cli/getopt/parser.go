package getopt

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what an option takes.
type Kind uint8

// The kinds of options.
const (
	Flag   Kind = iota // nothing
	Level              // a whole number if one follows; else it counts up by one
	Text               // a text, always
	Joined             // a text if one stands behind "="; what follows is never taken for it
)

// Spec is an option.
type Spec struct {
	Name    string   // under which it is handed over
	Aliases []string // what else it is called; one letter makes a one-letter option, and a long one too
	Kind    Kind
	Late    bool // a name cut short means one that is not late, if there is such
}

// Got is an option as it was given.
type Got struct {
	Name  string // of its Spec
	Text  string // of Text and Joined
	Level int    // of Level
	Up    bool   // of Level: no number was given, add one; of Joined: no text was given
}

// Parser holds the options and the functions that receive what is found. All
// three functions must be set.
type Parser struct {
	Specs  []Spec
	Bundle bool // -nv is -n -v, and case matters; without it -name is --name, in any case

	Option func(Got) error // what it returns counts against the command line
	Word   func(string)
	Warn   func(string) // what is wrong with the command line, in Getopt::Long's words
}

// Parse reads the words up to "--" and returns the words behind it. It continues
// after a mistake; ok reports that there was none.
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

// optionPrefix is what makes a word an option. A plus sign does, too: an inheritance.
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

// run is one reading of a command line.
type run struct {
	*Parser
	specs map[string]*Spec // by every name
	words []string         // those that follow
	ok    bool
}

func (r *run) shiftWord() string {
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

func (r *run) unshiftWord(word string) { r.words = append([]string{word}, r.words...) }

func (r *run) addError(format string, args ...any) {
	r.Warn(fmt.Sprintf(format, args...))
	r.ok = false
}

// given is an option on the line, before it is known what it takes.
type given struct {
	start    string // "--", "-" or "+"
	name     string // as it is called in messages
	value    string // behind "="
	hasValue bool
	rest     string // of a bundle, behind the letter
}

func (r *run) parseOption(start, text string) {
	g := given{start: start, name: text}
	if start == "--" || !r.Bundle {
		if i := strings.Index(text, "="); i > 0 {
			g.name, g.value, g.hasValue = text[:i], text[i+1:], true
		}
	}
	if r.Bundle && start == "-" {
		g.name, g.rest = text[:1], text[1:]
	} else {
		full, known := r.completeName(g.name)
		if !known {
			return
		}
		g.name = full
	}
	if s := r.specs[g.name]; s != nil {
		r.takeOption(s, g)
	} else {
		r.refuseUnknown(g)
	}
}

// refuseUnknown tells of an option that there is not. In a bundle the letters behind
// it are still looked at.
func (r *run) refuseUnknown(g given) {
	if r.Bundle && len(g.start) == 1 && g.name != "" {
		g.name = g.name[:1]
		if g.rest != "" {
			r.unshiftWord(g.start + g.rest)
		}
	}
	if g.name == "" {
		r.addError("Missing option after %s", g.start)
		return
	}
	r.addError("Unknown option: %s", g.name)
}

// completeName finds the full name of an abbreviated one: itself, if it is a name,
// or if nothing begins with it. It is false, after a complaint, if several names
// begin with it.
func (r *run) completeName(name string) (string, bool) {
	if !r.Bundle {
		name = strings.ToLower(name)
	}
	if name == "" || r.specs[name] != nil {
		return name, true
	}
	hits := r.namesWith(name, false)
	if len(hits) == 0 {
		hits = r.namesWith(name, true)
	}
	switch {
	case len(hits) == 0:
		return name, true
	case len(hits) == 1:
		return hits[0], true
	case slices.ContainsFunc(hits, func(h string) bool { return r.specs[h] != r.specs[hits[0]] }):
		r.addError("Option %s is ambiguous (%s)", name, strings.Join(hits, ", "))
		return "", false
	}
	return r.specs[hits[0]].Name, true
}

// namesWith lists the names that begin so, of late options or of the others.
func (r *run) namesWith(with string, late bool) []string {
	var hits []string
	for n, s := range r.specs {
		if s.Late == late && strings.HasPrefix(n, with) {
			hits = append(hits, n)
		}
	}
	slices.Sort(hits)
	return hits
}
