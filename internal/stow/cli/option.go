package cli

import (
	"fmt"
	"strings"

	"converge/internal/stow/cli/getopt"
	"converge/internal/stow/ignore"
)

// Part is a section of the help.
type Part uint8

// The parts.
const (
	GNU   Part = iota // options of GNU Stow
	Added             // options that stow2 adds
	Lists             // with --check only
)

// Option is an option of the command line, with everything known about it.
type Option struct {
	Names []string // as they are shown, the short ones first: "-d", "--dir"
	Arg   string   // its argument, as in the help: "DIR", "[N]"; "" for nothing
	Part  Part
	Doc   string // its effect, a sentence or two without a full stop at the end

	kind   getopt.Kind
	verb   bool // it selects the verb
	work   bool // it selects the work, or one of the lists of --check
	shapes bool // it affects which links are made
	starts bool // it starts a group, which the help separates from the options before it
	set    func(getopt.Got) error
}

// Verb returns the option as the first word of a command, "status" for --status; "" if it selects no work.
func (o Option) Verb() string {
	if !o.verb || o.Part != Added {
		return ""
	}
	return strings.TrimPrefix(o.Names[0], "--")
}

// toWord returns the option as one equivalent word, in full.
func (o Option) toWord(g getopt.Got) string {
	word := o.Names[len(o.Names)-1]
	if o.kind == getopt.Text || o.kind == getopt.Joined && !g.Up {
		word += "=" + g.Text
	}
	return word
}

// toSpec returns the option as the parser takes it.
func (o Option) toSpec() getopt.Spec {
	s := getopt.Spec{Kind: o.kind, Late: o.Part == Added, Name: strings.TrimLeft(o.Names[0], "-")}
	for _, n := range o.Names[1:] {
		s.Aliases = append(s.Aliases, strings.TrimLeft(n, "-"))
	}
	return s
}

// The kinds of options: the field that they set, their names, and their help.

// doOption runs a function that cannot fail.
func doOption(do func(), names, doc string) Option {
	return Option{Names: strings.Fields(names), Doc: doc, set: func(getopt.Got) error {
		do()
		return nil
	}}
}

func flagOption(to *bool, names, doc string) Option {
	return doOption(func() { *to = true }, names, doc)
}

// valueOption takes a value, which may be invalid.
func valueOption(set func(value string) error, arg, names, doc string) Option {
	return Option{Names: strings.Fields(names), Arg: arg, Doc: doc, kind: getopt.Text, set: func(g getopt.Got) error {
		return set(g.Text)
	}}
}

func textOption(to *Text, arg, names, doc string) Option {
	return valueOption(func(value string) error {
		*to = Text{Value: value, Given: true}
		return nil
	}, arg, names, doc)
}

// listOption may be given several times.
func listOption(to *[]string, arg, names, doc string) Option {
	return valueOption(func(value string) error {
		*to = append(*to, value)
		return nil
	}, arg, names, doc)
}

// patternOption takes a Perl regular expression, which is compiled at once.
func patternOption(to *[]*ignore.Pattern, compile func(string) (*ignore.Pattern, error), names, doc string) Option {
	return valueOption(func(value string) error {
		pattern, err := compile(value)
		if err == nil {
			*to = append(*to, pattern)
		}
		return err
	}, "REGEX", names, doc)
}

// shaping marks an option that affects which links are made.
func shaping(o Option) Option {
	o.shapes = true
	return o
}

// groupStart marks an option that starts a group in the help.
func groupStart(o Option) Option {
	o.starts = true
	return o
}

// verbOption selects the work.
func (p *parsing) verbOption(v Verb, names, doc string) Option {
	o := doOption(func() { p.selectVerb(v) }, names, doc)
	o.verb, o.work = true, true
	return o
}

// withVerb makes an option select the work, too.
func (p *parsing) withVerb(v Verb, o Option) Option {
	set := o.set
	o.work = true
	o.set = func(g getopt.Got) error {
		p.selectVerb(v)
		return set(g)
	}
	return o
}

// errInvalid reports an invalid value of an option in the words of Getopt::Long.
func errInvalid(value, option, expected string) error {
	return fmt.Errorf("Value \"%s\" invalid for option %s (%s expected)", value, option, expected) //nolint:staticcheck // see above
}
