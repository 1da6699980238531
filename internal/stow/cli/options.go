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

// Options is the command line of stow2: this table parses it and makes the help
// and the manual page. Everything in it works.
func Options() []Option { return (&parsing{}).options() }

// options are those that set what is parsed.
func (p *parsing) options() []Option {
	added := slices.Concat(p.addedOptions(), p.inquiryOptions(), p.upkeepOptions())
	for i := range added {
		added[i].Part = Added
	}
	lists := p.listOptions()
	for i := range lists {
		lists[i].Part = Lists
	}
	return slices.Concat(p.gnuOptions(), added, lists)
}

func (p *parsing) gnuOptions() []Option {
	return []Option{
		textOption(&p.Dir, "DIR", "-d --dir", "Take packages from DIR, the stow directory (default: $STOW_DIR, or else the current directory)"),
		textOption(&p.Target, "DIR", "-t --target", "Make the links in DIR, the target (default: the directory that the stow directory is in)"),
		doOption(func() { p.action = stow }, "-S --stow", "Stow the packages that follow: the default"),
		doOption(func() { p.action = unstow }, "-D --delete", "Unstow the packages that follow"),
		doOption(func() { p.action = restow }, "-R --restow", "Restow the packages that follow: -D and then -S, in one step"),
		shaping(patternOption(&p.Ignore, ignore.Suffix, "--ignore",
			"Leave out files whose path ends in a match of this Perl regex")),
		shaping(patternOption(&p.Defer, ignore.Prefix, "--defer",
			"Leave a link to another package alone if its path begins with a match of this Perl regex")),
		shaping(patternOption(&p.Override, ignore.Prefix, "--override",
			"Replace a link to another package if its path begins with a match of this Perl regex")),
		shaping(flagOption(&p.Adopt, "--adopt",
			"Take care: move files that are in the way into the package, over the package's own, and link to them there")),
		shaping(flagOption(&p.NoFolding, "--no-folding",
			"Link to files only: make directories in the target instead of links to directories")),
		shaping(flagOption(&p.Dotfiles, "--dotfiles", "Give dot-NAME in a package the name .NAME in the target")),
		shaping(flagOption(&p.Compat, "-p --compat", "Unstow by a walk through the whole target instead of the package")),
		flagOption(&p.Simulate, "-n --no --simulate", "Change nothing; only find out what would be done, and what conflicts there are"),
		p.verbosityOption(),
		p.verbOption(VerbVersion, "-V --version", "Print the version"),
		p.verbOption(VerbHelp, "-h --help", "Print this help"),
	}
}

func (p *parsing) verbosityOption() Option {
	return Option{
		Names: []string{"-v", "--verbose"}, Arg: "[N]", kind: getopt.Level,
		Doc: "Say more: one level more each time, or level N (0 to 5). Level 1 tells what is done, 2 and more why",
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
			"Act for the package manager FILE: hold packages in its name, and change those that it holds"),
		flagOption(&p.Force, "--force", "Take packages away from whatever package manager holds them"),
		flagOption(&p.Notify, "--notify",
			"With --force: tell the package manager that loses a package, by HOLDER --stow-forced PACKAGE/VERSION"),
		flagOption(&p.Naive, "--naive", "Stow PACKAGE itself, though it looks as if versions were in it"),
		flagOption(&p.NoSync, "--no-sync", "Leave it to the system when changes of packages with versions become durable"),
		shaping(p.foldOption()),
		shaping(patternOption(&p.NoFoldPath, ignore.Prefix, "--no-fold-path",
			"Never fold directories whose path in the target begins with a match of this Perl regex; a file .no-stow-folding in a directory of a package does the same")),
		shaping(valueOption(func(path string) error {
			p.AdoptPath = append(p.AdoptPath, filepath.Clean(path))
			return nil
		}, "PATH", "--adopt-path", "Adopt files at PATH in the target, or below it, as --adopt does everywhere")),
		shaping(p.backupOption()),
		textOption(&p.MovedFrom, "DIR", "--relocate-from",
			"Take links into DIR, where the stow directory was before, for those of the packages; restowing rewrites them"),
		shaping(flagOption(&p.Absolute, "--absolute", "Make links absolute")),
		shaping(flagOption(&p.AbsoluteSource, "--allow-absolute-source",
			"Link to absolute symbolic links in packages, instead of calling them conflicts")),
		flagOption(&p.Mkdir, "--create --mkdir", "Make the target if it is not there"),
		shaping(flagOption(&p.SkipConflicts, "--skip-conflicts",
			"Stow what can be stowed, and leave what is in conflict as it is, with a warning for each")),
		flagOption(&p.RequireAtomic, "--require-atomic",
			"Rather fail than make a path unreachable for a moment, on file systems that leave no other way"),
		p.verbOption(VerbPrune, "--prune", "Remove links in the target that lead nowhere and, by their text, belong to a package"),
		p.verbOption(VerbRecover, "--recover",
			"Finish what was interrupted in the target, or take it back, as any run does that has to do with it"),
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
		"strict: do not fold a directory if that would show what is ignored or renamed, nor fold away one that is there; gnu is the default")
}

func (p *parsing) backupOption() Option {
	const suffix = ".stow-backup"
	o := valueOption(func(value string) error {
		if strings.Contains(value, "/") {
			return errInvalid(value, "backup", "no slash")
		}
		p.Backup = cmp.Or(value, suffix)
		return nil
	}, "[SUFFIX]", "--backup", "Keep a file that is in the way under its name with SUFFIX behind it, "+suffix+
		" by default; unstowing with the same option puts it back. If that name is taken,"+
		" on disk or by a package of the same command, it is a conflict")
	o.kind = getopt.Joined
	return o
}

// checkOption is a verb of its own, unless there is another.
func (p *parsing) checkOption() Option {
	o := flagOption(&p.OnlyCheck, "--check",
		"Look for links that lead nowhere and names that mean nothing (-b, the default), for files that are no links (-a), or list the packages (-l); with --wanted: only answer")
	o.verb = true
	return p.withVerb(VerbCheck, o)
}

// inquiryOptions are the verbs that tell how things are, and why.
func (p *parsing) inquiryOptions() []Option {
	diff := doOption(func() { p.Diff, p.Simulate = true, true }, "--diff",
		"Change nothing; print what would become of the target, a line for each path: + for what comes, - for what goes, ~ for what changes")
	diff.verb = true
	return []Option{
		diff,
		p.verbOption(VerbStatus, "--status",
			"Tell which packages are stowed, wholly or in part; of those with versions also which one, by whom, and what was interrupted"),
		p.verbOption(VerbVerify, "--verify",
			"Tell whether the packages, or all that are stowed, are as stowing would leave them: if not, print a line for each path, and end with status 1"),
		p.verbOption(VerbWhy, "--why", "Tell of each PATH, in the target or in a package, whose it is, and by which rule"),
		p.verbOption(VerbMark, "--mark",
			"Put a file .stow into PACKAGEs that have versions, so that GNU Stow knows links to them for stowed; without PACKAGE into all of them, and into the stow directory"),
	}
}

// upkeepOptions are about views, and about the store as a whole.
func (p *parsing) upkeepOptions() []Option {
	return []Option{
		listOption(&p.Views, "DIR", "--view",
			"Make the links in DIR, a further target of the stow directory, which keeps its state itself; with --audit and --remove: count DIR among the targets, though the stow directory may not know it"),
		flagOption(&p.Generations, "--generations",
			"Make a new generation of the view, and show it by one rename: DIR/current leads to it. Without PACKAGE: list the generations"),
		p.keepOption(),
		p.rollbackOption(),
		p.verbOption(VerbAudit, "--audit", "List all versions of packages: who installed them, which targets show them, and what no target does"),
		flagOption(&p.Digests, "--digests", "With --audit: tell what is in the versions, by SHA-256, too; this reads all files"),
		p.verbOption(VerbRemove, "--remove", "Delete versions that no target shows, each given as PACKAGE/VERSION"),
		p.withVerb(VerbForgetView, listOption(&p.Views, "DIR", "--forget-view",
			"Forget DIR, a view that is gone for good: until then it counts as showing what it showed, and --remove spares that")),
		p.verbOption(VerbControl, "--control",
			"Write control data of PACKAGE/VERSION: what package managers want to know of it, as far as a program can tell; what is there stays"),
		flagOption(&p.Default, "--default", "With --control: write what holds for all versions of the package"),
		flagOption(&p.Refresh, "--refresh", "With --control: rewrite those fields that a program has written"),
		p.verbOption(VerbImpact, "--impact",
			"Tell what a switch to PACKAGE/VERSION means to the other packages: nothing, that it relinks them, or that they must be rebuilt"),
		flagOption(&p.AcceptBroken, "--accept-broken", "Switch to a version even if what is installed links to what it has not"),
		flagOption(&p.Config, "--config",
			"Take what a new version has into PACKAGE/:config, but for what was edited there, beside which it is put as FILE.new; make PACKAGE/:config if it is not there, and stow it"),
		flagOption(&p.MakeConfig, "--make-config",
			"As --config, and have a version that has a rule for it run make config CONFIG_DIR=PACKAGE/:config before it is stowed"),
		p.withVerb(VerbWanted, valueOption(func(file string) error {
			p.Wanted = file
			return nil
		}, "FILE", "--wanted", "Answer the requirement file FILE (- is the standard input) by what the stow directory has, a line for each package that it asks for, and stow what is required and not installed")),
		flagOption(&p.WithOptional, "--with-optional", "With --wanted: stow what is optional, too"),
		flagOption(&p.JSON, "--json", "With verbs that tell something: tell it in JSON"),
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
	}, "N", "--keep", "With --generations: remove all but the newest N and the one that is shown")
}

func (p *parsing) rollbackOption() Option {
	return p.withVerb(VerbRollback, Option{
		Names: []string{"--rollback"}, Arg: "[K]", kind: getopt.Level, verb: true,
		Doc: "Show generation K of the view again; without K the one before",
		set: func(g getopt.Got) error {
			p.Rollback = Number{g.Level, true}
			return nil
		},
	})
}

func (p *parsing) listOptions() []Option {
	return []Option{
		doOption(func() { p.Check = BadLinks }, "-b --badlinks", "Print links that lead nowhere"),
		doOption(func() { p.Check = Aliens }, "-a --aliens", "Print files and other things that are not links"),
		doOption(func() { p.Check = Packages }, "-l --list", "Print the names of the packages that links lead to"),
	}
}
