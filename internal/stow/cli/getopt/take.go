package getopt

import (
	"math"
	"strconv"
	"strings"
)

// take finds what belongs to an option, and hands it over.
func (r *run) take(s *Spec, g given) {
	if s.Kind == Flag {
		if g.hasValue {
			r.wrong("Option %s does not take an argument", g.name)
		} else {
			r.hand(Got{Name: s.Name})
		}
		if g.rest != "" {
			r.unshift(g.start + g.rest)
		}
		return
	}
	if s.Kind == Joined {
		r.hand(Got{Name: s.Name, Text: g.value, Up: !g.hasValue})
		return
	}
	nothing := g.rest == "" && !r.more()
	if g.hasValue {
		nothing = g.value == ""
	}
	switch {
	case nothing && s.Kind == Text:
		r.wrong("Option %s requires an argument", g.name)
	case nothing:
		r.hand(Got{Name: s.Name, Up: true})
	case s.Kind == Text:
		r.hand(Got{Name: s.Name, Text: r.argument(g)})
	default:
		r.level(s, g)
	}
}

func (r *run) hand(g Got) {
	if err := r.Option(g); err != nil {
		r.wrong("%v", err)
	}
}

// argument returns the argument of an option, in the same word or the next.
func (r *run) argument(g given) string {
	switch {
	case g.rest != "":
		return g.rest
	case g.hasValue:
		return g.value
	}
	return r.shift()
}

// level takes a number if there is one. In a bundle the rest after the digits
// continues the bundle. Without a number the word keeps its own meaning.
func (r *run) level(s *Spec, g given) {
	arg := r.argument(g)
	digits := number(arg)
	switch {
	case digits != "" && g.rest != "":
		if more := arg[len(digits):]; more != "" {
			r.unshift(g.start + more)
		}
		// Perl's own reading of a number ends at an underscore.
		head, _, _ := strings.Cut(digits, "_")
		r.hand(Got{Name: s.Name, Level: atoi(head)})
	case digits != "" && digits == arg:
		r.hand(Got{Name: s.Name, Level: atoi(strings.ReplaceAll(digits, "_", ""))})
	case g.hasValue:
		r.wrong("Value \"%s\" invalid for option %s (number expected)", arg, g.name)
	default:
		if g.rest != "" {
			arg = g.start + g.rest
		}
		r.unshift(arg)
		r.hand(Got{Name: s.Name, Up: true})
	}
}

// number is the whole number that a text begins with: [-+]?_*[0-9][0-9_]*.
func number(s string) string {
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

// atoi converts the digits that number found; a number too large for an int is
// the largest.
func atoi(s string) int {
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 32)
	if err == nil {
		return int(n)
	}
	if n == math.MaxInt32 || n == math.MinInt32 {
		return int(n)
	}
	return 0
}
