package cli

import (
	"errors"
	"slices"

	"converge/internal/stow/cli/getopt"
)

// errUsage reports a command line that cannot be parsed, after its mistakes were
// shown.
var errUsage = errors.New("the command line cannot be understood")

// packageAction is the action for the packages that follow.
type packageAction uint8

const (
	stow packageAction = iota
	unstow
	restow
)

// parsing is a command line being parsed.
type parsing struct {
	cmd    Command
	action packageAction
}

func (p *parsing) addWord(name string) {
	if p.action != stow {
		p.cmd.Unstow = append(p.cmd.Unstow, name)
	}
	if p.action != unstow {
		p.cmd.Stow = append(p.cmd.Stow, name)
	}
}

// parseWords parses the words of a command line or of resource files. All mistakes go
// to warn, and make the error.
func parseWords(words []string, warn func(string)) (Command, error) {
	options := Options()
	if !asksForCheck(words) {
		options = slices.DeleteFunc(options, func(o Option) bool { return o.Part == Lists })
	}
	p := &parsing{}
	byName := make(map[string]Option, len(options))
	parser := getopt.Parser{
		Bundle: true,
		Word:   p.addWord,
		Warn:   warn,
		Option: func(g getopt.Got) error {
			o := byName[g.Name]
			if o.shapes {
				p.cmd.Shape = append(p.cmd.Shape, o.toWord(g))
			}
			return o.set(p, g)
		},
	}
	for _, o := range options {
		spec := o.toSpec()
		byName[spec.Name] = o
		parser.Specs = append(parser.Specs, spec)
	}
	rest, ok := parser.Parse(words)
	// GNU Stow as released drops the words behind "--"; Debian's does not.
	for _, name := range rest {
		p.addWord(name)
	}
	if !ok {
		return p.cmd, errUsage
	}
	return p.cmd, nil
}

// asksForCheck reports whether -b, -a and -l are options on this line. They
// would take "--a" away from --adopt elsewhere.
func asksForCheck(words []string) bool {
	for _, w := range words {
		switch w {
		case "--":
			return false
		case "--check":
			return true
		}
	}
	return false
}
