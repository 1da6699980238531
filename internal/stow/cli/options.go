package cli

import (
	"slices"
	"strings"

	"converge/internal/stow/cli/getopt"
	"converge/internal/stow/ignore"
)

// Part is a section of the help.
type Part uint8

// The parts.
const (
	GNU   Part = iota // what GNU Stow has, too
	Added             // what stow2 adds
	Lists             // with --check only
)

// Option is an option of the command line and all that is known of it.
type Option struct {
	Names []string // as they are shown, the short ones first: "-d", "--dir"
	Arg   string   // what follows, as it is shown: "DIR", "[N]"; "" for nothing
	Part  Part
	Doc   string // what it does, a sentence or two without a full stop at the end

	kind   getopt.Kind
	verb   bool // it says what is done
	shapes bool // it decides what is linked where
	set    func(*parsing, getopt.Got) error
}

// Options is the command line of stow2: this table parses it and makes the help
// and the manual page. Everything in it works.
func Options() []Option {
	return slices.Concat(gnuOptions(), addedOptions(), inquiryOptions(), upkeepOptions(), listOptions())
}

// Verb returns the option as the first word of a command, "status" for --status;
// "" for one that selects no work.
func (o Option) Verb() string {
	if !o.verb || o.Part != Added {
		return ""
	}
	return strings.TrimPrefix(o.Names[0], "--")
}

func gnuOptions() []Option {
	return []Option{
		textOption("DIR", "Take packages from DIR, the stow directory (default: $STOW_DIR, or else the current directory)",
			func(c *Command) *Text { return &c.Dir }, "-d", "--dir"),
		textOption("DIR", "Make the links in DIR, the target (default: the directory that the stow directory is in)",
			func(c *Command) *Text { return &c.Target }, "-t", "--target"),
		actionOption("Stow the packages that follow: the default", stow, "-S", "--stow"),
		actionOption("Unstow the packages that follow", unstow, "-D", "--delete"),
		actionOption("Restow the packages that follow: -D and then -S, in one step", restow, "-R", "--restow"),
		shapingOption(patternOption("REGEX", "Leave out files whose path ends in a match of this Perl regex", ignore.Suffix,
			func(c *Command) *[]*ignore.Pattern { return &c.Ignore }, "--ignore")),
		shapingOption(patternOption("REGEX", "Leave a link to another package alone if its path begins with a match of this Perl regex", ignore.Prefix,
			func(c *Command) *[]*ignore.Pattern { return &c.Defer }, "--defer")),
		shapingOption(patternOption("REGEX", "Replace a link to another package if its path begins with a match of this Perl regex", ignore.Prefix,
			func(c *Command) *[]*ignore.Pattern { return &c.Override }, "--override")),
		shapingOption(flagOption("Take care: move files that are in the way into the package, over the package's own, and link to them there",
			func(c *Command) *bool { return &c.Adopt }, "--adopt")),
		shapingOption(flagOption("Link to files only: make directories in the target instead of links to directories",
			func(c *Command) *bool { return &c.NoFolding }, "--no-folding")),
		shapingOption(flagOption("Give dot-NAME in a package the name .NAME in the target",
			func(c *Command) *bool { return &c.Dotfiles }, "--dotfiles")),
		shapingOption(flagOption("Unstow by a walk through the whole target instead of the package",
			func(c *Command) *bool { return &c.Compat }, "-p", "--compat")),
		flagOption("Change nothing; only find out what would be done, and what conflicts there are",
			func(c *Command) *bool { return &c.Simulate }, "-n", "--no", "--simulate"),
		verbosityOption("-v", "--verbose"),
		verbOption("Print the version", VerbVersion, "-V", "--version"),
		verbOption("Print this help", VerbHelp, "-h", "--help"),
	}
}

func addedOptions() []Option {
	return markAdditions(
		actorOption("--act-for", "--as"),
		flagOption("Take packages away from whatever package manager holds them",
			func(c *Command) *bool { return &c.Force }, "--force"),
		flagOption("With --force: tell the package manager that loses a package, by HOLDER --stow-forced PACKAGE/VERSION",
			func(c *Command) *bool { return &c.Notify }, "--notify"),
		flagOption("Stow PACKAGE itself, though it looks as if versions were in it",
			func(c *Command) *bool { return &c.Naive }, "--naive"),
		flagOption("Leave it to the system when changes of packages with versions become durable",
			func(c *Command) *bool { return &c.NoSync }, "--no-sync"),
		shapingOption(foldOption("--fold")),
		shapingOption(patternOption("REGEX", "Never fold directories whose path in the target begins with a match of this Perl regex; a file .no-stow-folding in a directory of a package does the same",
			ignore.Prefix, func(c *Command) *[]*ignore.Pattern { return &c.NoFoldPath }, "--no-fold-path")),
		shapingOption(listOption("PATH", "Adopt files at PATH in the target, or below it, as --adopt does everywhere",
			func(c *Command) *[]string { return &c.AdoptPath }, "--adopt-path")),
		shapingOption(suffixOption("--backup")),
		textOption("DIR", "Take links into DIR, where the stow directory was before, for those of the packages; restowing rewrites them",
			func(c *Command) *Text { return &c.MovedFrom }, "--relocate-from"),
		shapingOption(flagOption("Make links absolute",
			func(c *Command) *bool { return &c.Absolute }, "--absolute")),
		shapingOption(flagOption("Link to absolute symbolic links in packages, instead of calling them conflicts",
			func(c *Command) *bool { return &c.AbsoluteSource }, "--allow-absolute-source")),
		flagOption("Make the target if it is not there",
			func(c *Command) *bool { return &c.Mkdir }, "--create", "--mkdir"),
		shapingOption(flagOption("Stow what can be stowed, and leave what is in conflict as it is, with a warning for each",
			func(c *Command) *bool { return &c.SkipConflicts }, "--skip-conflicts")),
		flagOption("Rather fail than make a path unreachable for a moment, on file systems that leave no other way",
			func(c *Command) *bool { return &c.RequireAtomic }, "--require-atomic"),
		verbOption("Remove links in the target that lead nowhere and, by their text, belong to a package",
			VerbPrune, "--prune"),
		verbOption("Finish what was interrupted in the target, or take it back, as any run does that has to do with it",
			VerbRecover, "--recover"),
		checkOption("Look for links that lead nowhere and names that mean nothing (-b, the default), for files that are no links (-a), or list the packages (-l); with --wanted: only answer", "--check"),
	)
}

func listOptions() []Option {
	return []Option{
		checkList("Print links that lead nowhere", BadLinks, "-b", "--badlinks"),
		checkList("Print files and other things that are not links", Aliens, "-a", "--aliens"),
		checkList("Print the names of the packages that links lead to", Packages, "-l", "--list"),
	}
}

// markAdditions marks options as ours.
func markAdditions(options ...Option) []Option {
	for i := range options {
		options[i].Part = Added
	}
	return options
}
