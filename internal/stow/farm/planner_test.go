package farm_test

import (
	"strings"
	"testing"

	"converge/internal/stow/farm"
)

type nothingIgnored struct{}

func (nothingIgnored) Ignored(farm.Image, string) (bool, error) { return false, nil }

func plan(t *testing.T, tree farm.Tree, o farm.Options, words string) string {
	t.Helper()
	var said []string
	p := farm.Planner{
		Tree: tree, Rules: farm.NewGNU("stow", tree), Ignore: nothingIgnored{}, Options: o, Stow: "stow", Verbose: 1,
		Log: func(_ int, text string) { said = append(said, text) },
	}
	var req farm.Request
	action := "-S"
	for word := range strings.FieldsSeq(words) {
		if strings.HasPrefix(word, "-") {
			action = word
			continue
		}
		img := farm.Image{Stow: "stow", Package: word}
		if action != "-S" {
			req.Unstow = append(req.Unstow, img)
		}
		if action != "-D" {
			req.Stow = append(req.Stow, img)
		}
	}
	got, err := p.Plan(t.Context(), req)
	if err != nil {
		said = append(said, "ERROR: "+err.Error())
	}
	for _, c := range got.Conflicts {
		said = append(said, "CONFLICT "+c.Action+" "+c.Package+": "+c.Text)
	}
	return strings.Join(said, "\n")
}

func TestPlan(t *testing.T) {
	const folded = "stow/p/bin/a\n stow/q/bin/b\n bin -> stow/p/bin"
	const shared = "stow/p/bin/a\n stow/q/bin/b\n bin/a -> ../stow/p/bin/a\n bin/b -> ../stow/q/bin/b"
	for name, c := range map[string]struct {
		tree, command string
		options       farm.Options
		want          string
	}{
		"a directory is folded":            {tree: "stow/p/bin/a\n stow/p/bin/b", command: "p", want: "LINK: bin => stow/p/bin"},
		"what is there is descended into":  {tree: "stow/p/bin/a\n bin/", command: "p", want: "LINK: bin/a => ../stow/p/bin/a"},
		"a second time there is nothing":   {tree: "stow/p/bin/a\n bin -> stow/p/bin", command: "p", want: ""},
		"a restow reverts what it planned": {tree: "stow/p/a\n a -> stow/p/a", command: "-R p", want: "UNLINK: a\nLINK: a => stow/p/a (reverts previous action)"},
		"a second package unfolds": {
			tree: folded, command: "q",
			want: "UNLINK: bin\nMKDIR: bin\nLINK: bin/a => ../stow/p/bin/a\nLINK: bin/b => ../stow/q/bin/b",
		},
		"the last but one folds again": {
			tree: shared, command: "-D q",
			want: "UNLINK: bin/b\nUNLINK: bin/a\nRMDIR bin\nLINK: bin => stow/p/bin",
		},
		"both together leave nothing": {
			tree: shared, command: "-D p q",
			want: "UNLINK: bin/a\nUNLINK: bin/b\nRMDIR bin\nLINK: bin => stow/q/bin\nUNLINK: bin (reverts previous action)",
		},
		"twice in one command is too often": {
			tree: folded, command: "-D p p",
			want: "UNLINK: bin\nERROR: cannot unstow from bin: the packages contradict each other there",
		},
		"the target is no package": {
			tree: folded, command: "..",
			want: "ERROR: The stow directory stow does not contain package ..",
		},
		"a foreign link is a conflict": {
			tree: "stow/p/a\n a -> elsewhere", command: "p",
			want: "CONFLICT stow p: existing target is not owned by stow: a",
		},
		"a file is a conflict": {
			tree: "stow/p/a\n a", command: "p",
			want: "CONFLICT stow p: cannot stow stow/p/a over existing target a since neither a link nor a directory and --adopt not specified",
		},
		"a file is adopted": {
			tree: "stow/p/a\n a", command: "p", options: farm.Options{Adopt: true},
			want: "MV: a -> stow/p/a\nLINK: a => stow/p/a",
		},
		"a file is kept aside": {
			tree: "stow/p/a\n a", command: "p", options: farm.Options{Backup: ".orig"},
			want: "MV: a -> a.orig\nLINK: a => stow/p/a",
		},
		"a file kept aside comes back": {
			tree: "stow/p/a\n a -> stow/p/a\n a.orig", command: "-D p", options: farm.Options{Backup: ".orig"},
			want: "UNLINK: a\nMV: a.orig -> a",
		},
		"a backup takes no name that its own package needs": {
			tree: "stow/p/a\n stow/p/a.b\n a", command: "p", options: farm.Options{Backup: ".b"},
			want: "MV: a -> a.b\nLINK: a => stow/p/a\n" +
				"CONFLICT stow p: cannot stow stow/p/a.b as a.b: existing target a is to be kept under that name",
		},
		"a backup takes no name that a later package needs": {
			tree: "stow/p/a\n stow/q/a.b/c\n a", command: "p q", options: farm.Options{Backup: ".b"},
			want: "MV: a -> a.b\nLINK: a => stow/p/a\n" +
				"CONFLICT stow q: cannot stow stow/q/a.b as a.b: existing target a is to be kept under that name",
		},
		"a backup takes no name of an earlier package's link": {
			tree: "stow/p/a\n stow/q/a.b\n a", command: "q p", options: farm.Options{Backup: ".b"},
			want: "LINK: a.b => stow/q/a.b\n" +
				"CONFLICT stow p: cannot keep existing target a as a.b: a package has an entry for that place",
		},
		"a backup takes no name of an earlier package's directory": {
			tree: "stow/p/a\n stow/q/a.b/c\n a", command: "q p", options: farm.Options{Backup: ".b", NoFolding: true},
			want: "MKDIR: a.b\nLINK: a.b/c => ../stow/q/a.b/c\n" +
				"CONFLICT stow p: cannot keep existing target a as a.b: a package has an entry for that place",
		},
		"a backup that goes back is not kept aside as well": {
			tree: "stow/p/a\n stow/q/a.b\n a -> stow/p/a\n a.b", command: "-D p -S q", options: farm.Options{Backup: ".b"},
			want: "UNLINK: a\nMV: a.b -> a\n" +
				"CONFLICT stow q: cannot keep existing target a.b as a.b.b: it is the backup of a, which goes back there",
		},
		"no folding makes directories": {
			tree: "stow/p/a/b/c", command: "p", options: farm.Options{NoFolding: true},
			want: "MKDIR: a\nMKDIR: a/b\nLINK: a/b/c => ../../stow/p/a/b/c",
		},
		"a marker forbids folding": {
			tree: "stow/p/a/.no-stow-folding\n stow/p/a/c", command: "p",
			want: "MKDIR: a\nLINK: a/c => ../stow/p/a/c",
		},
		"dot- is a dot": {
			tree: "stow/p/dot-x/dot-y\n .x/", command: "p", options: farm.Options{Dotfiles: true},
			want: "LINK: .x/.y => ../stow/p/dot-x/dot-y",
		},
		"strict folding shows no dot- name": {
			tree: "stow/p/x/y/dot-z\n stow/p/x/w/v", command: "p", options: farm.Options{Dotfiles: true, StrictFold: true},
			want: "MKDIR: x\nLINK: x/w => ../stow/p/x/w\nMKDIR: x/y\nLINK: x/y/.z => ../../stow/p/x/y/dot-z",
		},
		"strict folding removes what it emptied": {
			tree: "stow/p/x/y\n x/y -> ../stow/p/x/y", command: "-D p", options: farm.Options{StrictFold: true},
			want: "UNLINK: x/y\nRMDIR x",
		},
		"a directory that is emptied stays where it is to": {
			tree: "stow/p/x/y\n x/y -> ../stow/p/x/y", command: "-D p", options: farm.Options{StrictFold: true, KeepDirs: true},
			want: "UNLINK: x/y",
		},
		"a restow changes nothing where directories stay": {
			tree: "stow/p/x/y\n x/y -> ../stow/p/x/y", command: "-R p", options: farm.Options{StrictFold: true, KeepDirs: true},
			want: "UNLINK: x/y\nLINK: x/y => ../stow/p/x/y (reverts previous action)",
		},
		"absolute links are owned where they are wanted": {
			tree: "stow/p/x/y\n stow/q/x/z\n x -> /t/stow/p/x", command: "q", options: farm.Options{Absolute: "/t/stow"},
			want: "UNLINK: x\nMKDIR: x\nLINK: x/y => /t/stow/p/x/y\nLINK: x/z => /t/stow/q/x/z",
		},
		"absolute links have no empty names in them": {
			tree: "stow/p/x/y\n stow/p/a", command: "p", options: farm.Options{Absolute: "/t/stow"},
			want: "LINK: a => /t/stow/p/a\nLINK: x => /t/stow/p/x",
		},
		"a link that leads nowhere is replaced": {
			tree: "stow/p/a\n a -> stow/gone/a", command: "p",
			want: "UNLINK: a\nLINK: a => stow/p/a",
		},
		"the stow directory is not stowed into": {
			tree: "stow/p/stow/q", command: "p", want: "WARNING: skipping target which was current stow directory stow: nothing is stowed into the stow directory itself",
		},
		"a directory changes hands three times": {
			tree: "stow/p/d/1\n stow/q/d/2\n stow/r/d/3\n d -> stow/q/d", command: "-D q -S p r",
			want: "UNLINK: d\nLINK: d => stow/p/d\nUNLINK: d (reverts previous action)\nMKDIR: d\n" +
				"LINK: d/1 => ../stow/p/d/1\nLINK: d/3 => ../stow/r/d/3",
		},
		"a package must be there": {
			tree: "stow/p/a", command: "q", want: "ERROR: The stow directory stow does not contain package q",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan(t, grow(t, c.tree), c.options, c.command); got != c.want {
				t.Errorf("plan of %s\n got: %s\nwant: %s", c.command, strings.ReplaceAll(got, "\n", "\n      "), strings.ReplaceAll(c.want, "\n", "\n      "))
			}
		})
	}
}
