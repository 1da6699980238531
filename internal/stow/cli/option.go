package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"converge/internal/stow/cli/getopt"
	"converge/internal/stow/ignore"
)

// The kinds of options, each what the table needs to make one.

func flagOption(doc string, of func(*Command) *bool, names ...string) Option {
	return Option{Names: names, Doc: doc, set: func(p *parsing, _ getopt.Got) error {
		*of(&p.cmd) = true
		return nil
	}}
}

func textOption(arg, doc string, of func(*Command) *Text, names ...string) Option {
	return Option{Names: names, Arg: arg, Doc: doc, kind: getopt.Text, set: func(p *parsing, g getopt.Got) error {
		*of(&p.cmd) = Text{Value: g.Text, Given: true}
		return nil
	}}
}

func listOption(arg, doc string, of func(*Command) *[]string, names ...string) Option {
	return Option{Names: names, Arg: arg, Doc: doc, kind: getopt.Text, set: func(p *parsing, g getopt.Got) error {
		to := of(&p.cmd)
		*to = append(*to, filepath.Clean(g.Text))
		return nil
	}}
}

// patternOption is a Perl regular expression, compiled at once.
func patternOption(arg, doc string, compile func(string) (*ignore.Pattern, error), of func(*Command) *[]*ignore.Pattern, names ...string) Option {
	return Option{Names: names, Arg: arg, Doc: doc, kind: getopt.Text, set: func(p *parsing, g getopt.Got) error {
		pattern, err := compile(g.Text)
		if err != nil {
			return err
		}
		to := of(&p.cmd)
		*to = append(*to, pattern)
		return nil
	}}
}

func actionOption(doc string, do packageAction, names ...string) Option {
	return Option{Names: names, Doc: doc, set: func(p *parsing, _ getopt.Got) error {
		p.action = do
		return nil
	}}
}

func verbosityOption(names ...string) Option {
	return Option{
		Names: names, Arg: "[N]", kind: getopt.Level,
		Doc: "Say more: one level more each time, or level N (0 to 5). Level 1 tells what is done, 2 and more why",
		set: func(p *parsing, g getopt.Got) error {
			v := &p.cmd.Verbosity
			v.Given = true
			if v.Level++; !g.Up {
				v.Level = g.Level
			}
			return nil
		},
	}
}

// verbOption selects the work; of several, the first one in [Verb].
func verbOption(doc string, v Verb, names ...string) Option {
	return Option{Names: names, Doc: doc, verb: true, set: func(p *parsing, _ getopt.Got) error {
		if p.cmd.Verb == VerbFarm || v < p.cmd.Verb {
			p.cmd.Verb = v
		}
		return nil
	}}
}

// checkOption is a verb of its own, unless there is another.
func checkOption(doc string, names ...string) Option {
	o := verbOption(doc, VerbCheck, names...)
	of := o.set
	o.set = func(p *parsing, g getopt.Got) error {
		p.cmd.OnlyCheck = true
		return of(p, g)
	}
	return o
}

func checkList(doc string, l List, names ...string) Option {
	return Option{Names: names, Doc: doc, Part: Lists, set: func(p *parsing, _ getopt.Got) error {
		p.cmd.Check = l
		return nil
	}}
}

func foldOption(names ...string) Option {
	return Option{
		Names: names, Arg: "gnu|strict", kind: getopt.Text,
		Doc: "strict: do not fold a directory if that would show what is ignored or renamed, nor fold away one that is there; gnu is the default",
		set: func(p *parsing, g getopt.Got) error {
			if g.Text != "gnu" && g.Text != "strict" {
				return fmt.Errorf("Value \"%s\" invalid for option fold (gnu or strict expected)", g.Text) //nolint:staticcheck // as Getopt::Long has it
			}
			p.cmd.Fold = g.Text
			return nil
		},
	}
}

// backupSuffix is what --backup puts behind a name.
const backupSuffix = ".stow-backup"

func suffixOption(names ...string) Option {
	return Option{
		Names: names, Arg: "[SUFFIX]", kind: getopt.Joined,
		Doc: "Keep a file that is in the way under its name with SUFFIX behind it, " + backupSuffix +
			" by default; unstowing with the same option puts it back. If that name is taken," +
			" on disk or by a package of the same command, it is a conflict",
		set: func(p *parsing, g getopt.Got) error {
			if g.Text == "" {
				g.Text = backupSuffix
			}
			if strings.Contains(g.Text, "/") {
				return fmt.Errorf("Value \"%s\" invalid for option backup (no slash expected)", g.Text) //nolint:staticcheck // as Getopt::Long has it
			}
			p.cmd.Backup = g.Text
			return nil
		},
	}
}

func differenceOption(names ...string) Option {
	return Option{
		Names: names, verb: true,
		Doc: "Change nothing; print what would become of the target, a line for each path: + for what comes, - for what goes, ~ for what changes",
		set: func(p *parsing, _ getopt.Got) error {
			p.cmd.Diff, p.cmd.Simulate = true, true
			return nil
		},
	}
}

func actorOption(names ...string) Option {
	return Option{
		Names: names, Arg: "FILE", kind: getopt.Text,
		Doc: "Act for the package manager FILE: hold packages in its name, and change those that it holds",
		set: func(p *parsing, g getopt.Got) error {
			p.cmd.Actor = g.Text
			return nil
		},
	}
}

// shapingOption marks an option that affects which links are made.
func shapingOption(o Option) Option {
	o.shapes = true
	return o
}

// toWord is the option as one word that means the same, in full.
func (o Option) toWord(g getopt.Got) string {
	word := o.Names[len(o.Names)-1]
	if o.kind == getopt.Text || o.kind == getopt.Joined && !g.Up {
		word += "=" + g.Text
	}
	return word
}

// toSpec is what the parser has to know of an option.
func (o Option) toSpec() getopt.Spec {
	s := getopt.Spec{Kind: o.kind, Late: o.Part == Added}
	s.Name = strings.TrimLeft(o.Names[0], "-")
	for _, n := range o.Names[1:] {
		s.Aliases = append(s.Aliases, strings.TrimLeft(n, "-"))
	}
	return s
}
