package cli

import (
	"fmt"
	"strconv"

	"converge/internal/stow/cli/getopt"
)

// Upkeep holds a command's options for views, and for the store as a whole.
type Upkeep struct {
	Views       []string // --view
	Generations bool
	Keep        Number // how many of them
	Rollback    Number // to which of them; 0 the one before

	JSON    bool
	Digests bool

	Default      bool // --control: of all versions
	Refresh      bool
	AcceptBroken bool
	Config       bool
	MakeConfig   bool

	Wanted       Text // the requirement file
	OnlyCheck    bool
	WithOptional bool
}

// Number is the value of an option that is a number.
type Number struct {
	Value int
	Given bool
}

// mergeInto combines the command line with the resource files.
func (u Upkeep) mergeInto(rc Upkeep) Upkeep {
	if len(u.Views) == 0 {
		u.Views = rc.Views
	}
	if !u.Keep.Given {
		u.Keep = rc.Keep
	}
	u.Generations = u.Generations || rc.Generations
	u.JSON = u.JSON || rc.JSON
	u.Digests = u.Digests || rc.Digests
	u.Config = u.Config || rc.Config
	u.MakeConfig = u.MakeConfig || rc.MakeConfig
	u.AcceptBroken = u.AcceptBroken || rc.AcceptBroken
	return u
}

func upkeepOptions() []Option {
	return markAdditions(
		repeatedOption("DIR", "Make the links in DIR, a further target of the stow directory, which keeps its state itself; with --audit and --remove: count DIR among the targets, though the stow directory may not know it",
			func(c *Command) *[]string { return &c.Views }, "--view"),
		flagOption("Make a new generation of the view, and show it by one rename: DIR/current leads to it. Without PACKAGE: list the generations",
			func(c *Command) *bool { return &c.Generations }, "--generations"),
		countOption("With --generations: remove all but the newest N and the one that is shown",
			func(c *Command) *Number { return &c.Keep }, "--keep"),
		rollbackOption("--rollback"),
		verbOption("List all versions of packages: who installed them, which targets show them, and what no target does",
			VerbAudit, "--audit"),
		flagOption("With --audit: tell what is in the versions, by SHA-256, too; this reads all files",
			func(c *Command) *bool { return &c.Digests }, "--digests"),
		verbOption("Delete versions that no target shows, each given as PACKAGE/VERSION",
			VerbRemove, "--remove"),
		forgetView("--forget-view"),
		verbOption("Write control data of PACKAGE/VERSION: what package managers want to know of it, as far as a program can tell; what is there stays",
			VerbControl, "--control"),
		flagOption("With --control: write what holds for all versions of the package",
			func(c *Command) *bool { return &c.Default }, "--default"),
		flagOption("With --control: rewrite those fields that a program has written",
			func(c *Command) *bool { return &c.Refresh }, "--refresh"),
		verbOption("Tell what a switch to PACKAGE/VERSION means to the other packages: nothing, that it relinks them, or that they must be rebuilt",
			VerbImpact, "--impact"),
		flagOption("Switch to a version even if what is installed links to what it has not",
			func(c *Command) *bool { return &c.AcceptBroken }, "--accept-broken"),
		flagOption("Take what a new version has into PACKAGE/:config, but for what was edited there, beside which it is put as FILE.new; make PACKAGE/:config if it is not there, and stow it",
			func(c *Command) *bool { return &c.Config }, "--config"),
		flagOption("As --config, and have a version that has a rule for it run make config CONFIG_DIR=PACKAGE/:config before it is stowed",
			func(c *Command) *bool { return &c.MakeConfig }, "--make-config"),
		wantedFile("--wanted"),
		flagOption("With --wanted: stow what is optional, too",
			func(c *Command) *bool { return &c.WithOptional }, "--with-optional"),
		flagOption("With verbs that tell something: tell it in JSON",
			func(c *Command) *bool { return &c.JSON }, "--json"),
	)
}

// repeatedOption is a text that may be given several times.
func repeatedOption(arg, doc string, of func(*Command) *[]string, names ...string) Option {
	return Option{Names: names, Arg: arg, Doc: doc, kind: getopt.Text, set: func(p *parsing, g getopt.Got) error {
		to := of(&p.cmd)
		*to = append(*to, g.Text)
		return nil
	}}
}

// countOption is a number that has to be given.
func countOption(doc string, of func(*Command) *Number, names ...string) Option {
	return Option{Names: names, Arg: "N", Doc: doc, kind: getopt.Text, set: func(p *parsing, g getopt.Got) error {
		n, err := strconv.Atoi(g.Text)
		if err != nil || n < 0 {
			return fmt.Errorf("Value \"%s\" invalid for option %s (number expected)", g.Text, g.Name) //nolint:staticcheck // as Getopt::Long has it
		}
		*of(&p.cmd) = Number{n, true}
		return nil
	}}
}

func wantedFile(names ...string) Option {
	return Option{
		Names: names, Arg: "FILE", kind: getopt.Text,
		Doc: "Answer the requirement file FILE (- is the standard input) by what the stow directory has, a line for each package that it asks for, and stow what is required and not installed",
		set: func(p *parsing, g getopt.Got) error {
			p.cmd.Wanted = Text{g.Text, true}
			return verbOption("", VerbWanted, names...).set(p, g)
		},
	}
}

func forgetView(names ...string) Option {
	return Option{
		Names: names, Arg: "DIR", kind: getopt.Text,
		Doc: "Forget DIR, a view that is gone for good: until then it counts as showing what it showed, and --remove spares that",
		set: func(p *parsing, g getopt.Got) error {
			p.cmd.Views = append(p.cmd.Views, g.Text)
			return verbOption("", VerbForgetView, names...).set(p, g)
		},
	}
}

func rollbackOption(names ...string) Option {
	return Option{
		Names: names, Arg: "[K]", kind: getopt.Level, verb: true,
		Doc: "Show generation K of the view again; without K the one before",
		set: func(p *parsing, g getopt.Got) error {
			p.cmd.Rollback = Number{Value: g.Level, Given: true}
			return verbOption("", VerbRollback, names...).set(p, g)
		},
	}
}

// resolveTargets makes the view the target, for all verbs but those about all targets
// of a store.
func (c Command) resolveTargets() (Command, error) {
	switch {
	case c.Verb == VerbAudit || c.Verb == VerbRemove || c.Verb == VerbForgetView:
		return c, nil
	case len(c.Views) == 0 && (c.Generations || c.Verb == VerbRollback):
		return c, &usageError{"generations are those of a view: --view names it"}
	case len(c.Views) == 0:
		return c, nil
	case len(c.Views) > 1:
		return c, &usageError{"--view can be given once only, but with --audit and --remove"}
	case c.Target.Given:
		return c, &usageError{"--view is a target: --target says the same again, or something else"}
	}
	c.Target = Text{Value: c.Views[0], Given: true}
	return c, nil
}

// targetOption is the option by which the target was given.
func (c Command) targetOption() string {
	if len(c.Views) > 0 {
		return "--view"
	}
	return "--target"
}
