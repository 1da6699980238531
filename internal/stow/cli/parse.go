package cli

import (
	"errors"
	"slices"

	"converge/internal/stow/cli/getopt"
)

// errUsage reports a command line that cannot be parsed, after its mistakes were printed.
var errUsage = errors.New("the command line cannot be understood")

// packageAction is the action for the packages after it.
type packageAction uint8

const (
	stow packageAction = iota
	unstow
	restow
)

// parsing is a command line being parsed.
type parsing struct {
	Command
	action   packageAction
	resource bool // the words are from resource files, which select no work
}

func (p *parsing) addWord(name string) {
	if p.action != stow {
		p.Unstow = append(p.Unstow, name)
	}
	if p.action != unstow {
		p.Stow = append(p.Stow, name)
	}
}

// parseWords parses the words of a command line on top of base.
func parseWords(base Command, words []string, warn func(string)) (Command, error) {
	return (&parsing{Command: base}).parseWords(words, warn)
}

// parseWords parses words. It passes each mistake to warn, and returns an error if there was any.
func (p *parsing) parseWords(words []string, warn func(string)) (Command, error) {
	byName := map[string]Option{}
	parser := getopt.Parser{
		Bundle: true,
		Word:   p.addWord,
		Warn: func(message string) {
			warn(message)
			if meant := p.meantOption(message); meant != "" {
				warn(meant)
			}
		},
		Option: func(g getopt.Got) error {
			o := byName[g.Name]
			if p.resource && o.work && o.Part != GNU {
				return nil
			}
			if o.shapes {
				p.Shape = append(p.Shape, o.toWord(g))
			}
			return o.set(g)
		},
	}
	withLists := asksForCheck(words)
	for _, o := range p.options() {
		if o.Part != Lists || withLists {
			spec := o.toSpec()
			byName[spec.Name] = o
			parser.Specs = append(parser.Specs, spec)
		}
	}
	rest, ok := parser.Parse(words)
	// GNU Stow as released drops the words after "--"; Debian's does not.
	for _, name := range rest {
		p.addWord(name)
	}
	if !ok {
		return p.Command, errUsage
	}
	return p.Command, nil
}

// asksForCheck reports whether -b, -a and -l are options on this line. Elsewhere "--a" abbreviates --adopt.
func asksForCheck(words []string) bool {
	if end := slices.Index(words, "--"); end >= 0 {
		words = words[:end]
	}
	return slices.Contains(words, "--check")
}
