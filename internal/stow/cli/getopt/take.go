package getopt

import (
	"errors"
	"strconv"
	"strings"
)

// takeOption determines the argument of an option, and reports both.
func (r *run) takeOption(s *Spec, g given) {
	nothing := g.rest == "" && len(r.words) == 0
	if g.hasValue {
		nothing = g.value == ""
	}
	switch {
	case s.Kind == Flag:
		if g.hasValue {
			r.addError("Option %s does not take an argument", g.name)
		} else {
			r.handOver(Got{Name: s.Name})
		}
		if g.rest != "" {
			r.unshiftWord(g.start + g.rest)
		}
	case s.Kind == Joined:
		r.handOver(Got{Name: s.Name, Text: g.value, Up: !g.hasValue})
	case nothing && s.Kind == Text:
		r.addError("Option %s requires an argument", g.name)
	case nothing:
		r.handOver(Got{Name: s.Name, Up: true})
	case s.Kind == Text:
		r.handOver(Got{Name: s.Name, Text: r.takeArgument(g)})
	default:
		r.takeLevel(s, g)
	}
}

func (r *run) handOver(g Got) {
	if err := r.Option(g); err != nil {
		r.addError("%v", err)
	}
}

// takeArgument returns the argument of an option, in the same word or the next.
func (r *run) takeArgument(g given) string {
	switch {
	case g.rest != "":
		return g.rest
	case g.hasValue:
		return g.value
	}
	return r.shiftWord()
}

// takeLevel takes a number if there is one. In a bundle, the letters after the digits continue the bundle. A word that
// is not a number keeps its own meaning.
func (r *run) takeLevel(s *Spec, g given) {
	arg := r.takeArgument(g)
	digits := leadingNumber(arg)
	switch {
	case digits != "" && g.rest != "":
		if more := arg[len(digits):]; more != "" {
			r.unshiftWord(g.start + more)
		}
		// Perl's number parsing ends at an underscore.
		head, _, _ := strings.Cut(digits, "_")
		r.handOver(Got{Name: s.Name, Level: parseNumber(head)})
	case digits != "" && digits == arg:
		r.handOver(Got{Name: s.Name, Level: parseNumber(strings.ReplaceAll(digits, "_", ""))})
	case g.hasValue:
		r.addError("Value \"%s\" invalid for option %s (number expected)", arg, g.name)
	default:
		if g.rest != "" {
			arg = g.start + g.rest
		}
		r.unshiftWord(arg)
		r.handOver(Got{Name: s.Name, Up: true})
	}
}

// leadingNumber returns the whole number that a text begins with: [-+]?_*[0-9][0-9_]*.
func leadingNumber(s string) string {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for i < len(s) && s[i] == '_' {
		i++
	}
	if i == len(s) || s[i] < '0' || s[i] > '9' {
		return ""
	}
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	return s[:i]
}

// parseNumber converts the digits of leadingNumber; a number that does not fit in 32 bits becomes the largest.
func parseNumber(s string) int {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return int(n)
}
