package cli

import "converge/internal/stow/ignore"

// Verb is the work that a command line selects.
type Verb uint8

// The verbs. The first is the default.
const (
	VerbFarm       Verb = iota // stow and unstow packages
	VerbHelp                   // print the help
	VerbVersion                // print the version
	VerbWanted                 // answer a requirement file
	VerbCheck                  // what chkstow does
	VerbStatus                 // print what is stowed
	VerbVerify                 // check that it is as stowing would leave it
	VerbWhy                    // explain why a path is as it is
	VerbMark                   // make markers for GNU Stow
	VerbPrune                  // remove dangling links
	VerbRecover                // remove the remains of a killed run
	VerbRollback               // show another generation of a view
	VerbAudit                  // list all versions and their users
	VerbRemove                 // delete unused versions
	VerbForgetView             // remove a view from the list of a store
	VerbControl                // write control data
	VerbImpact                 // print the effect of a switch on others
)

// Text is the value of an option that may be empty.
type Text struct {
	Value string
	Given bool
}

// Number is the value of an option that is a number.
type Number struct {
	Value int
	Given bool
}

// Command is the content of the command line and the resource files.
type Command struct {
	Verb  Verb
	Check List // the list to print, with VerbCheck

	Unstow []string // packages to unstow, in order; --restow puts them in both lists
	Stow   []string // packages to stow

	Shape     []string // those of the options below that affect which links are made, in full
	Dir       Text
	Target    Text
	Verbosity Number // 0 to 5, though any number is accepted
	Simulate  bool

	Adopt     bool
	NoFolding bool
	Dotfiles  bool
	Compat    bool
	Ignore    []*ignore.Pattern
	Defer     []*ignore.Pattern
	Override  []*ignore.Pattern

	// What GNU Stow does not have.
	Fold           string // "gnu", "strict" or ""
	NoFoldPath     []*ignore.Pattern
	AdoptPath      []string
	Absolute       bool
	AbsoluteSource bool
	Backup         string // suffix
	RequireAtomic  bool
	NoSync         bool
	Actor          Text // --act-for
	Force          bool
	Naive          bool
	Notify         bool
	Mkdir          bool
	SkipConflicts  bool
	Diff           bool
	MovedFrom      Text // --relocate-from

	// For views, and for the store as a whole.
	Views        []string // --view
	Generations  bool
	Keep         Number // how many of them
	Rollback     Number // the generation to show; 0 is the previous one
	JSON         bool
	Digests      bool
	Default      bool // --control: of all versions
	Refresh      bool
	AcceptBroken bool
	Config       bool
	MakeConfig   bool

	Wanted       string // the requirement file
	OnlyCheck    bool
	WithOptional bool
}

// List is one of the lists of chkstow.
type List uint8

// The lists.
const (
	BadLinks List = iota
	Aliens
	Packages
)

// selectVerb selects the work; of several verbs, the first one in [Verb].
func (c *Command) selectVerb(v Verb) {
	if c.Verb == VerbFarm || v < c.Verb {
		c.Verb = v
	}
}

// asDefaults returns the options of resource files for a command line to override: lists are extended, and values
// replaced. It drops packages, --help and --version, and also the verbosity and the views if the command line sets them.
func (c Command) asDefaults(line Command) Command {
	c.Stow, c.Unstow = nil, nil
	if line.Verb != VerbFarm {
		c.Verb = VerbFarm
	}
	if line.Verbosity.Given {
		c.Verbosity = Number{}
	}
	if len(line.Views) > 0 {
		c.Views = nil
	}
	return c
}

// namesPackages reports whether the command names any package.
func (c Command) namesPackages() bool { return len(c.Stow)+len(c.Unstow) > 0 }

// resolveTargets makes the view the target, except for verbs about all targets of a store.
func (c Command) resolveTargets() (Command, error) {
	switch {
	case c.isAboutStore():
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

// isAboutStore reports whether the command is about a store with all its views.
func (c Command) isAboutStore() bool {
	return c.Verb == VerbAudit || c.Verb == VerbRemove || c.Verb == VerbForgetView
}

// ofView reports whether the command is about one view.
func (c Command) ofView() bool { return len(c.Views) > 0 && !c.isAboutStore() }

// targetOption returns the option that set the target.
func (c Command) targetOption() string {
	if len(c.Views) > 0 {
		return "--view"
	}
	return "--target"
}
