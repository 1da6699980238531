package cli

import "converge/internal/stow/ignore"

// Verb is what a command line asks for.
type Verb uint8

// The verbs. The first is what one gets without asking for another.
const (
	VerbFarm       Verb = iota // stow and unstow packages
	VerbHelp                   // print the help
	VerbVersion                // print the version
	VerbWanted                 // answer a requirement file
	VerbCheck                  // what chkstow does
	VerbStatus                 // tell what is stowed
	VerbVerify                 // tell whether it is as it should be
	VerbWhy                    // tell why a path is as it is
	VerbMark                   // make markers for GNU Stow
	VerbPrune                  // remove links that lead nowhere
	VerbRecover                // clear away what a killed run has left
	VerbRollback               // show another generation of a view
	VerbAudit                  // list all versions and who uses them
	VerbRemove                 // delete unused versions
	VerbForgetView             // take a view off the list of a store
	VerbControl                // write control data
	VerbImpact                 // tell what a switch means to others
)

// Text is the value of an option that may be given empty.
type Text struct {
	Value string
	Given bool
}

// Number is the value of an option that is a number.
type Number struct {
	Value int
	Given bool
}

// Command is what the command line and the resource files say.
type Command struct {
	Verb  Verb
	Check List // which list, with VerbCheck

	Unstow []string // packages to unstow, in order; --restow puts them in both lists
	Stow   []string // packages to stow

	Shape     []string // those of the options below that decide what is linked where, in full
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

	// What GNU Stow has not.
	Fold           string // "gnu", "strict" or not said
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
	Rollback     Number // to which of them; 0 the one before
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

// asDefaults is what resource files say, for a command line to be parsed on top of
// it: lists follow, and a value takes the place of one that is there. Packages in a
// resource file are ignored, and so are --help and --version, a verbosity and views if
// the command line has its own.
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

// namesPackages reports whether any package is on the line.
func (c Command) namesPackages() bool { return len(c.Stow)+len(c.Unstow) > 0 }

// resolveTargets makes the view the target, for all verbs but those about all targets
// of a store.
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

// isAboutStore tells whether the command is about a store with all its views.
func (c Command) isAboutStore() bool {
	return c.Verb == VerbAudit || c.Verb == VerbRemove || c.Verb == VerbForgetView
}

// ofView tells whether the command is about one view.
func (c Command) ofView() bool { return len(c.Views) > 0 && !c.isAboutStore() }

// targetOption is the option by which the target was given.
func (c Command) targetOption() string {
	if len(c.Views) > 0 {
		return "--view"
	}
	return "--target"
}
