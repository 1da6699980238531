package cli

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"converge/internal/stow/cli/getopt"
	"converge/internal/stow/ignore"
)

// Options returns the command line of stow2: this table parses it and makes the help and the manual page. Every option
// in it is implemented.
func Options() []Option { return (&parsing{}).options() }

// options returns the options, bound to the command that is parsed.
func (p *parsing) options() []Option {
	added := slices.Concat(p.addedOptions(), p.inquiryOptions(), p.upkeepOptions())
	for i := range added {
		added[i].Part = Added
	}
	lists := p.listOptions()
	for i := range lists {
		lists[i].Part, lists[i].work = Lists, true
	}
	return slices.Concat(p.gnuOptions(), added, lists)
}

func (p *parsing) gnuOptions() []Option {
	return []Option{
		textOption(&p.Dir, "DIR", "-d --dir", "Take packages from DIR, the stow directory (default: $STOW_DIR, or else the current directory)"),
		textOption(&p.Target, "DIR", "-t --target", "Make the links in DIR, the target (default: the directory that the stow directory is in)"),
		groupStart(doOption(func() { p.action = stow }, "-S --stow", "Stow the packages that follow: the default")),
		doOption(func() { p.action = unstow }, "-D --delete", "Unstow the packages that follow"),
		doOption(func() { p.action = restow }, "-R --restow", "Restow the packages that follow: -D and then -S, in one step"),
		groupStart(shaping(patternOption(&p.Ignore, ignore.Suffix, "--ignore",
			"Ignore files whose path ends in a match of this Perl regex"))),
		shaping(patternOption(&p.Defer, ignore.Prefix, "--defer",
			"Leave a link to another package alone if its path begins with a match of this Perl regex")),
		shaping(patternOption(&p.Override, ignore.Prefix, "--override",
			"Replace a link to another package if its path begins with a match of this Perl regex")),
		shaping(flagOption(&p.Adopt, "--adopt",
			"Dangerous: move conflicting files of the target into the package, over the package's own files, and link to them there")),
		shaping(flagOption(&p.NoFolding, "--no-folding",
			"Link to files only: make directories in the target instead of links to directories")),
		shaping(flagOption(&p.Dotfiles, "--dotfiles", "Show dot-NAME in a package as .NAME in the target")),
		shaping(flagOption(&p.Compat, "-p --compat", "Unstow by walking the whole target instead of the package")),
		groupStart(flagOption(&p.Simulate, "-n --no --simulate", "Change nothing; only find the changes to make, and the conflicts")),
		p.verbosityOption(),
		p.verbOption(VerbVersion, "-V --version", "Print the version"),
		p.verbOption(VerbHelp, "-h --help", "Print this help"),
	}
}

func (p *parsing) verbosityOption() Option {
	return Option{
		Names: []string{"-v", "--verbose"}, Arg: "[N]", kind: getopt.Level,
		Doc: "Print more: one level more each time, or level N (0 to 5). Level 1 prints the changes, 2 and more the reasons",
		set: func(g getopt.Got) error {
			if !g.Up {
				p.Verbosity = Number{g.Level, true}
			} else {
				p.Verbosity = Number{p.Verbosity.Value + 1, true}
			}
			return nil
		},
	}
}

func (p *parsing) addedOptions() []Option {
	return []Option{
		textOption(&p.Actor, "FILE", "--act-for --as",
			"Act for the package manager FILE: hold packages in its name, and change packages that it holds"),
		flagOption(&p.Force, "--force", "Take packages away from the package managers that hold them"),
		flagOption(&p.Notify, "--notify",
			"With --force: notify a package manager that loses a package, by running HOLDER --stow-forced PACKAGE/VERSION"),
		flagOption(&p.Naive, "--naive", "Stow PACKAGE itself, even if it seems to contain versions"),
		flagOption(&p.NoSync, "--no-sync", "Do not sync changes of packages with versions to disk; the system writes them later"),
		groupStart(shaping(p.foldOption())),
		shaping(patternOption(&p.NoFoldPath, ignore.Prefix, "--no-fold-path",
			"Never fold directories whose path in the target begins with a match of this Perl regex; a file .no-stow-folding in a directory of a package does the same")),
		shaping(valueOption(func(path string) error {
			p.AdoptPath = append(p.AdoptPath, filepath.Clean(path))
			return nil
		}, "PATH", "--adopt-path", "Like --adopt, but only for files at PATH in the target, or below it")),
		shaping(p.backupOption()),
		textOption(&p.MovedFrom, "DIR", "--relocate-from",
			"Treat links into DIR, the former place of the stow directory, as links of the packages; restowing rewrites them"),
		shaping(flagOption(&p.Absolute, "--absolute", "Make links absolute")),
		shaping(flagOption(&p.AbsoluteSource, "--allow-absolute-source",
			"Link to absolute symbolic links in packages, instead of reporting them as conflicts")),
		groupStart(flagOption(&p.Mkdir, "--create --mkdir", "Create the target if it does not exist")),
		shaping(flagOption(&p.SkipConflicts, "--skip-conflicts",
			"Stow what has no conflict, and print a warning for each conflict instead of stopping")),
		flagOption(&p.RequireAtomic, "--require-atomic",
			"Fail on a file system that cannot replace a path without making it unreachable for a moment"),
		groupStart(p.verbOption(VerbPrune, "--prune", "Remove dangling links in the target that, by their text, belong to a package")),
		p.verbOption(VerbRecover, "--recover",
			"Complete interrupted changes in the target, or take them back, as any run does that concerns them"),
		p.checkOption(),
	}
}

func (p *parsing) foldOption() Option {
	return valueOption(func(value string) error {
		if value != "gnu" && value != "strict" {
			return errInvalid(value, "fold", "gnu or strict")
		}
		p.Fold = value
		return nil
	}, "gnu|strict", "--fold",
		"strict: do not fold a directory if that would show ignored or renamed entries, and never replace an existing directory by a link; gnu is the default")
}

func (p *parsing) backupOption() Option {
	const suffix = ".stow-backup"
	o := valueOption(func(value string) error {
		if strings.Contains(value, "/") {
			return errInvalid(value, "backup", "no slash")
		}
		p.Backup = cmp.Or(value, suffix)
		return nil
	}, "[SUFFIX]", "--backup", "Rename a conflicting file of the target by adding SUFFIX, "+suffix+
		" by default; unstowing with the same option restores it. If the new name is taken,"+
		" on disk or by a package of the same command, that is a conflict")
	o.kind = getopt.Joined
	return o
}

// checkOption is a verb of its own, unless another verb is given.
func (p *parsing) checkOption() Option {
	o := flagOption(&p.OnlyCheck, "--check",
		"Find dangling links and unknown magic names (-b, the default), find files that are not links (-a), or list the packages (-l); with --wanted: only answer")
	o.verb = true
	return p.withVerb(VerbCheck, o)
}

// inquiryOptions are the verbs that print how packages are stowed, and why.
func (p *parsing) inquiryOptions() []Option {
	diff := doOption(func() { p.Diff, p.Simulate = true, true }, "--diff",
		"Change nothing; print the changes of the target, a line for each path: + for a new path, - for a removed one, ~ for a changed one")
	diff.verb = true
	return []Option{
		diff,
		p.verbOption(VerbStatus, "--status",
			"List which packages are stowed, wholly or in part; for those with versions also the version, the holder, and interrupted changes"),
		p.verbOption(VerbVerify, "--verify",
			"Check whether the packages, or all stowed packages, are as stowing would leave them: if not, print a line for each path, and end with status 1"),
		p.verbOption(VerbWhy, "--why", "Print which package owns each PATH, in the target or in a package, and by which rule"),
		p.verbOption(VerbMark, "--mark",
			"Create a file .stow in PACKAGEs that have versions, so that GNU Stow recognises links to them as stowed; without PACKAGE in all of them, and in the stow directory"),
	}
}

// upkeepOptions are about views, and about the store as a whole.
func (p *parsing) upkeepOptions() []Option {
	return []Option{
		groupStart(listOption(&p.Views, "DIR", "--view",
			"Make the links in DIR, a further target of the stow directory, which keeps its own state; with --audit and --remove: include DIR in the targets, even if the stow directory does not know it")),
		flagOption(&p.Generations, "--generations",
			"Make a new generation of the view, and show it by one rename: DIR/current points to it. Without PACKAGE: list the generations"),
		p.keepOption(),
		p.rollbackOption(),
		groupStart(p.verbOption(VerbAudit, "--audit", "List all versions of packages, who installed them, the targets that show them, and the versions that no target shows")),
		flagOption(&p.Digests, "--digests", "With --audit: also print the SHA-256 of the content of each version; this reads all files"),
		p.verbOption(VerbRemove, "--remove", "Delete versions that no target shows, each given as PACKAGE/VERSION"),
		p.withVerb(VerbForgetView, listOption(&p.Views, "DIR", "--forget-view",
			"Forget DIR, a view that no longer exists: until then it counts as showing its versions, and --remove keeps them")),
		groupStart(p.verbOption(VerbControl, "--control",
			"Write control data of PACKAGE/VERSION, the facts that package managers need, as far as a program can determine them; existing data stays")),
		flagOption(&p.Default, "--default", "With --control: write the data that applies to all versions of the package"),
		flagOption(&p.Refresh, "--refresh", "With --control: rewrite the fields that a program has written"),
		p.verbOption(VerbImpact, "--impact",
			"List the effect of a switch to PACKAGE/VERSION on the other packages: none, relinked by the switch, or to be rebuilt"),
		flagOption(&p.AcceptBroken, "--accept-broken", "Switch to a version even if installed software links to something that it lacks"),
		flagOption(&p.Config, "--config",
			"Update PACKAGE/:config with the files of a new version; for a file that was edited there, write FILE.new beside it instead. Create PACKAGE/:config if it does not exist, and stow it"),
		flagOption(&p.MakeConfig, "--make-config",
			"Like --config; in addition, run make config CONFIG_DIR=PACKAGE/:config before stowing a version whose makefile has that rule"),
		p.withVerb(VerbWanted, valueOption(func(file string) error {
			p.Wanted = file
			return nil
		}, "FILE", "--wanted", "Answer the requirement file FILE (- is the standard input) from the stow directory, a line for each requested package, and stow required packages that are not installed")),
		flagOption(&p.WithOptional, "--with-optional", "With --wanted: also stow optional packages"),
		flagOption(&p.JSON, "--json", "Print the result in JSON, with options that only print something"),
	}
}

func (p *parsing) keepOption() Option {
	return valueOption(func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return errInvalid(value, "keep", "number")
		}
		p.Keep = Number{n, true}
		return nil
	}, "N", "--keep", "With --generations: remove all generations except the newest N and the one that is shown")
}

func (p *parsing) rollbackOption() Option {
	return p.withVerb(VerbRollback, Option{
		Names: []string{"--rollback"}, Arg: "[K]", kind: getopt.Level, verb: true,
		Doc: "Show generation K of the view again; without K the previous one",
		set: func(g getopt.Got) error {
			p.Rollback = Number{g.Level, true}
			return nil
		},
	})
}

func (p *parsing) listOptions() []Option {
	return []Option{
		doOption(func() { p.Check = BadLinks }, "-b --badlinks", "Print dangling links"),
		doOption(func() { p.Check = Aliens }, "-a --aliens", "Print files and other things that are not links"),
		doOption(func() { p.Check = Packages }, "-l --list", "Print the names of the packages that links point to"),
	}
}
