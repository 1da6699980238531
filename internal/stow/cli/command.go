package cli

import (
	"cmp"

	"converge/internal/stow/ignore"
)

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

// Verbosity is the value of --verbose: 0 to 5, though any number is accepted.
type Verbosity struct {
	Level int
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
	Verbosity Verbosity
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
	Actor          string // --act-for
	Force          bool
	Naive          bool
	Notify         bool
	Mkdir          bool
	SkipConflicts  bool
	Diff           bool
	MovedFrom      Text // --relocate-from

	Upkeep
}

// List is one of the lists of chkstow.
type List uint8

// The lists.
const (
	BadLinks List = iota
	Aliens
	Packages
)

// mergeInto adds what the resource files say. Lists are joined; for
// anything else the command line wins where it sets a value. Packages in a
// resource file are ignored.
func (c Command) mergeInto(rc Command) Command {
	if !c.Dir.Given {
		c.Dir = rc.Dir
	}
	if !c.Target.Given {
		c.Target = rc.Target
	}
	if !c.Verbosity.Given {
		c.Verbosity = rc.Verbosity
	}
	if c.Verb == VerbFarm {
		c.Verb, c.Check = rc.Verb, rc.Check
	}
	if !c.MovedFrom.Given {
		c.MovedFrom = rc.MovedFrom
	}
	c.Backup = cmp.Or(c.Backup, rc.Backup)
	c.Actor = cmp.Or(c.Actor, rc.Actor)
	c.Fold = cmp.Or(c.Fold, rc.Fold)
	for _, flag := range []struct{ of, in *bool }{
		{&c.Simulate, &rc.Simulate},
		{&c.Adopt, &rc.Adopt},
		{&c.NoFolding, &rc.NoFolding},
		{&c.Dotfiles, &rc.Dotfiles},
		{&c.Compat, &rc.Compat},
		{&c.Absolute, &rc.Absolute},
		{&c.AbsoluteSource, &rc.AbsoluteSource},
		{&c.RequireAtomic, &rc.RequireAtomic},
		{&c.Mkdir, &rc.Mkdir},
		{&c.SkipConflicts, &rc.SkipConflicts},
		{&c.Diff, &rc.Diff},
		{&c.NoSync, &rc.NoSync},
		{&c.Force, &rc.Force},
		{&c.Naive, &rc.Naive},
		{&c.Notify, &rc.Notify},
	} {
		*flag.of = *flag.of || *flag.in
	}
	c.Upkeep = c.Upkeep.mergeInto(rc.Upkeep)
	c.Shape = append(rc.Shape, c.Shape...)
	c.Ignore = append(rc.Ignore, c.Ignore...)
	c.Defer = append(rc.Defer, c.Defer...)
	c.Override = append(rc.Override, c.Override...)
	c.NoFoldPath = append(rc.NoFoldPath, c.NoFoldPath...)
	c.AdoptPath = append(rc.AdoptPath, c.AdoptPath...)
	return c
}
