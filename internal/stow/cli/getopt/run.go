package getopt

import (
	"fmt"
	"slices"
	"strings"
)

// run is one pass over a command line.
type run struct {
	*Parser
	specs map[string]*Spec // by every name
	words []string         // the remaining words
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

// given is an option on the line, before its kind is known.
type given struct {
	start    string // "--", "-" or "+"
	name     string // as messages name it
	value    string // after "="
	hasValue bool
	rest     string // of a bundle, after the letter
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

// refuseUnknown reports an unknown option. In a bundle it continues with the next letter.
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

// completeName returns the full name of an abbreviation: the word itself, if it is a name, or if no name begins with it.
// If several do, it complains and returns false.
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

// namesWith lists the names with that prefix, of late options or of the others.
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
