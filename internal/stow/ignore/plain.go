package ignore

import (
	"strings"

	"converge/internal/stow/perlre"
)

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
