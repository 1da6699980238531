package farm_test

import (
	"strings"
	"testing"

	"converge/internal/stow/farm"
)

// TestUnstow shows what is removed, what stays, and the messages about it.
func TestUnstow(t *testing.T) {
	for name, c := range map[string]struct {
		situation
		want string
	}{
		"links of the package go": {situation{tree: "stow/p/a\n stow/p/d/1\n a -> stow/p/a\n d -> stow/p/d", command: "-D p"}, `
			1 UNLINK: a
			1 UNLINK: d
			= UNLINK: a
			= UNLINK: d`},
		"what is not there is passed": {situation{tree: "stow/p/a", command: "-D p"}, `
			2 a did not exist to be unstowed`},
		"a file is left": {situation{tree: "stow/p/a\n a", command: "-D p"}, `
			2 a is neither a link nor a directory: left`},
		"an absolute link is left, with a warning": {situation{tree: "stow/p/a\n a -> /t/stow/p/a", command: "-D p"}, `
			0 Ignoring an absolute symlink: a => /t/stow/p/a`},
		"an absolute link goes with --absolute": {situation{tree: "stow/p/a\n a -> /t/stow/p/a", command: "-D p", options: farm.Options{Absolute: "/t/stow"}}, `
			1 UNLINK: a
			= UNLINK: a`},
		"a stranger's link is left": {situation{tree: "stow/p/a\n stow/q/a\n a -> stow/q/a", command: "-D p"}, `
			2 --- Leaving a, which leads to stow/q/a`},
		"a stranger's link that dangles goes": {situation{tree: "stow/p/a\n stow/q/b\n a -> stow/q/a", command: "-D p"}, `
			2 --- removing invalid link into a stow directory: a
			1 UNLINK: a
			= UNLINK: a`},
		"a foreign link is left": {situation{tree: "stow/p/a\n a -> x", command: "-D p"}, `
`},
		"a link of its own to a link goes": {situation{tree: "stow/p/a -> b\n a -> stow/p/a", command: "-D p"}, `
			1 UNLINK: a
			= UNLINK: a`},
		"links that dangle beside go": {situation{tree: "stow/p/b\n stow/q/x\n a -> stow/q/gone\n b -> stow/p/b\n c -> stow/p/c\n d -> gone\n e -> stow/q/x\n f", command: "-D p"}, `
			1 UNLINK: b
			2 --- removing stale link: a => stow/q/gone
			1 UNLINK: a
			2 --- removing stale link: c => stow/p/c
			1 UNLINK: c
			= UNLINK: b
			= UNLINK: a
			= UNLINK: c`},
		"links that dangle in a directory go": {situation{tree: "stow/p/d/b\n d/a -> ../stow/q/gone\n d/b -> ../stow/p/d/b\n d/x", command: "-D p"}, `
			1 UNLINK: d/b
			2 --- removing stale link: d/a => stow/q/gone
			1 UNLINK: d/a
			= UNLINK: d/b
			= UNLINK: d/a`},
		"a directory is folded again": {situation{tree: "stow/p/d/1\n stow/q/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2", command: "-D p"}, `
			1 UNLINK: d/1
			2 --- Folding d => stow/q/d
			1 UNLINK: d/2
			1 RMDIR d
			1 LINK: d => stow/q/d
			= UNLINK: d/1
			= UNLINK: d/2
			= RMDIR d
			= LINK: d => stow/q/d`},
		"not with --no-folding": {situation{tree: "stow/p/d/1\n stow/q/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2", command: "-D p", options: farm.Options{NoFolding: true}}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor at a path that is never folded": {situation{tree: "stow/p/d/1\n stow/q/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2", command: "-D p", options: farm.Options{NoFoldPath: matching("d")}}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor where a marker forbids it": {situation{tree: "stow/p/d/1\n stow/q/d/2\n stow/q/d/.no-stow-folding\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor with a file in it": {situation{tree: "stow/p/d/1\n stow/q/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2\n d/x", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor with links into two directories": {situation{tree: "stow/p/d/1\n stow/q/d/2\n stow/r/d/3\n d/1 -> ../stow/p/d/1\n d/2 -> ../stow/q/d/2\n d/3 -> ../stow/r/d/3", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor with a link to what is beside it": {situation{tree: "stow/p/d/1\n d/1 -> ../stow/p/d/1\n d/2 -> x\n d/x", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"nor into what nobody owns": {situation{tree: "stow/p/d/1\n own/d/2\n d/1 -> ../stow/p/d/1\n d/2 -> ../own/d/2", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"deep directories are folded one by one": {situation{tree: "stow/p/a/d/1\n stow/q/a/d/2\n a/d/1 -> ../../stow/p/a/d/1\n a/d/2 -> ../../stow/q/a/d/2", command: "-D p"}, `
			1 UNLINK: a/d/1
			2 --- Folding a/d => ../stow/q/a/d
			1 UNLINK: a/d/2
			1 RMDIR a/d
			1 LINK: a/d => ../stow/q/a/d
			2 --- Folding a => stow/q/a
			1 UNLINK: a/d (reverts previous action)
			1 RMDIR a
			1 LINK: a => stow/q/a
			= UNLINK: a/d/1
			= UNLINK: a/d/2
			= RMDIR a/d
			= RMDIR a
			= LINK: a => stow/q/a`},
		"an emptied directory stays": {situation{tree: "stow/p/d/1\n d/1 -> ../stow/p/d/1", command: "-D p"}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"an empty one is not taken by strict rules": {situation{tree: "stow/p/d/1\n d/", command: "-D p", options: farm.Options{StrictFold: true}}, `
			2 d/1 did not exist to be unstowed`},
		"one with a file is not, either": {situation{tree: "stow/p/d/1\n d/1 -> ../stow/p/d/1\n d/2", command: "-D p", options: farm.Options{StrictFold: true}}, `
			1 UNLINK: d/1
			= UNLINK: d/1`},
		"emptied ones go by strict rules": {situation{tree: "stow/p/a/d/1\n a/d/1 -> ../../stow/p/a/d/1", command: "-D p", options: farm.Options{StrictFold: true}}, `
			1 UNLINK: a/d/1
			1 RMDIR a/d
			1 RMDIR a
			= UNLINK: a/d/1
			= RMDIR a/d
			= RMDIR a`},
		"ignored entries are left": {situation{tree: "stow/p/a\n stow/p/b\n a -> stow/p/a\n b -> stow/p/b", command: "-D p", ignore: "a"}, `
			skipped a of p
			1 UNLINK: b
			= UNLINK: b`},
		"the stow directory is not entered": {situation{tree: "stow/p/stow/x\n stow/x", command: "-D p"}, `
			0 WARNING: skipping target which was current stow directory stow: nothing is stowed into the stow directory itself
			shut stow of p (dir)`},
		"a marked directory is not entered": {situation{tree: "stow/p/d/1\n d/.stow\n d/1 -> ../stow/p/d/1", command: "-D p"}, `
			0 WARNING: skipping marked Stow directory d
			shut d of p by .stow (dir)`},
		"dot- is a dot": {situation{tree: "stow/p/dot-a\n stow/p/dot-d/dot-1\n .a -> stow/p/dot-a\n .d/.1 -> ../stow/p/dot-d/dot-1\n .d/x", command: "-D p", options: farm.Options{Dotfiles: true}}, `
			1 UNLINK: .a
			1 UNLINK: .d/.1
			= UNLINK: .a
			= UNLINK: .d/.1`},
		"the whole target is walked with --compat": {situation{tree: "stow/p/a\n stow/q/b\n a -> stow/p/a\n b -> stow/q/b\n c -> stow/p/c\n d/e -> ../stow/p/d/e\n f", command: "-D p", options: farm.Options{Compat: true}}, `
			1 UNLINK: a
			2 --- Leaving b, which leads to stow/q/b
			1 UNLINK: c
			1 UNLINK: d/e
			2 f is neither a link nor a directory: left
			0 WARNING: skipping target which was current stow directory stow: nothing is stowed into the stow directory itself
			shut stow of p (dir)
			= UNLINK: a
			= UNLINK: c
			= UNLINK: d/e`},
		"and a dot is dot- then": {situation{tree: "stow/p/dot-a\n .a -> stow/p/dot-a\n b -> stow/p/b", command: "-D p", options: farm.Options{Compat: true, Dotfiles: true}}, `
			1 UNLINK: .a
			1 UNLINK: b
			0 WARNING: skipping target which was current stow directory stow: nothing is stowed into the stow directory itself
			shut stow of p (dir)
			= UNLINK: .a
			= UNLINK: b`},
		"what is ignored is left then": {situation{tree: "stow/p/a\n a -> stow/p/a\n b -> stow/p/b", command: "-D p", options: farm.Options{Compat: true}, ignore: "b"}, `
			1 UNLINK: a
			0 WARNING: skipping target which was current stow directory stow: nothing is stowed into the stow directory itself
			shut stow of p (dir)
			= UNLINK: a`},
		"a switch and another package": {situation{
			tree:    "stow/p/d/1\n stow/q/d/2\n stow/r/d/3\n d -> stow/p/d",
			command: "-D p -S q r", options: farm.Options{Sound: true},
		}, `
			1 UNLINK: d
			1 LINK: d => stow/q/d
			2 --- Unfolding d which was already owned by stow/q/d
			1 UNLINK: d (reverts previous action)
			1 MKDIR: d
			1 LINK: d/2 => ../stow/q/d/2
			1 LINK: d/3 => ../stow/r/d/3
			= UNLINK: d
			= MKDIR: d
			= LINK: d/2 => ../stow/q/d/2
			= LINK: d/3 => ../stow/r/d/3`},
		"an image that was seen through another's link": {situation{
			tree:    "stow/p/d/e/1\n stow/q/d/e/2\n d -> stow/p/d",
			command: "-D p q", options: farm.Options{Sound: true},
		}, `
			1 UNLINK: d
			= UNLINK: d`},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.situation, c.want) })
	}
}

// TestMarkers shows into which directories nothing is stowed.
func TestMarkers(t *testing.T) {
	for name, c := range map[string]struct {
		situation
		want string
	}{
		"another stow directory": {situation{tree: "stow/p/d/1\n d/.stow", command: "p"}, `
			0 WARNING: skipping marked Stow directory d
			shut d of p by .stow (dir)`},
		"a protected directory": {situation{tree: "stow/p/d/1\n d/.nonstow", command: "p"}, `
			0 WARNING: skipping protected directory d
			shut d of p by .nonstow (dir)`},
		"a marker that leads nowhere": {situation{tree: "stow/p/d/1\n d/.stow -> gone", command: "p"}, `
			1 LINK: d/1 => ../stow/p/d/1
			= LINK: d/1 => ../stow/p/d/1`},
		"the target itself": {situation{tree: "stow/p/d\n .nonstow", command: "p"}, `
			0 WARNING: skipping protected directory .
			shut  of p by .nonstow (dir)`},
		"the stow directory, spelled as in the package": {situation{
			tree: "dot-stow/p/dot-stow/1", stow: "dot-stow", command: "p", options: farm.Options{Dotfiles: true},
		}, `
			1 LINK: .stow => dot-stow/p/dot-stow
			= LINK: .stow => dot-stow/p/dot-stow`},
		"the target as the stow directory": {situation{tree: "p/a\n q/b", stow: ".", command: "p"}, `
			0 WARNING: skipping target which was current stow directory .: nothing is stowed into the stow directory itself
			shut  of p (dir)`},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.situation, c.want) })
	}
}

// TestFolding shows which directories of a package are linked as a whole.
func TestFolding(t *testing.T) {
	for name, c := range map[string]struct {
		situation
		want string
	}{
		"with what is ignored in it": {situation{tree: "stow/p/d/1\n stow/p/d/2", command: "p", ignore: "d/2"}, `
			1 LINK: d => stow/p/d
			= LINK: d => stow/p/d`},
		"not with it by strict rules": {situation{tree: "stow/p/d/1\n stow/p/d/2", command: "p", ignore: "d/2", options: farm.Options{StrictFold: true}}, `
			skipped d/2 of p
			1 MKDIR: d
			skipped d/2 of p
			1 LINK: d/1 => ../stow/p/d/1
			= MKDIR: d
			= LINK: d/1 => ../stow/p/d/1`},
		"nor with it deep below": {situation{tree: "stow/p/d/1\n stow/p/d/e/f/2", command: "p", ignore: "d/e/f/2", options: farm.Options{StrictFold: true}}, `
			skipped d/e/f/2 of p
			1 MKDIR: d
			1 LINK: d/1 => ../stow/p/d/1
			skipped d/e/f/2 of p
			1 MKDIR: d/e
			skipped d/e/f/2 of p
			1 MKDIR: d/e/f
			skipped d/e/f/2 of p
			= MKDIR: d
			= LINK: d/1 => ../stow/p/d/1
			= MKDIR: d/e
			= MKDIR: d/e/f`},
		"nor with the marker deep below": {situation{tree: "stow/p/d/e/.no-stow-folding\n stow/p/d/e/1", command: "p", options: farm.Options{StrictFold: true}}, `
			1 MKDIR: d
			1 MKDIR: d/e
			1 LINK: d/e/1 => ../../stow/p/d/e/1
			= MKDIR: d
			= MKDIR: d/e
			= LINK: d/e/1 => ../../stow/p/d/e/1`},
		"with nothing in the way, strictly": {situation{tree: "stow/p/d/e/1\n stow/p/d/dot-x", command: "p", options: farm.Options{StrictFold: true}}, `
			1 LINK: d => stow/p/d
			= LINK: d => stow/p/d`},
		"not at paths that are never folded": {situation{tree: "stow/p/d/1\n stow/p/e/1", command: "p", options: farm.Options{NoFoldPath: matching("e")}}, `
			1 LINK: d => stow/p/d
			1 MKDIR: e
			1 LINK: e/1 => ../stow/p/e/1
			= LINK: d => stow/p/d
			= MKDIR: e
			= LINK: e/1 => ../stow/p/e/1`},
		"what is ignored is not linked": {situation{tree: "stow/p/a\n stow/p/d/1", command: "p", ignore: "a d"}, `
			skipped a of p
			skipped d of p (dir)`},
		"ignored by its place, with dotfiles": {situation{tree: "stow/p/dot-d/dot-a\n stow/p/dot-d/dot-b\n .d/", command: "p", ignore: ".d/dot-a", options: farm.Options{Dotfiles: true}}, `
			skipped .d/.a of p
			1 LINK: .d/.b => ../stow/p/dot-d/dot-b
			= LINK: .d/.b => ../stow/p/dot-d/dot-b`},
		"no dot- with too little behind it": {situation{tree: "stow/p/dot-\n stow/p/dot-.x\n stow/p/dot-y", command: "p", options: farm.Options{Dotfiles: true}}, `
			1 LINK: dot- => stow/p/dot-
			1 LINK: dot-.x => stow/p/dot-.x
			1 LINK: .y => stow/p/dot-y
			= LINK: dot- => stow/p/dot-
			= LINK: dot-.x => stow/p/dot-.x
			= LINK: .y => stow/p/dot-y`},
		"links are absolute": {situation{tree: "stow/p/d/1\n d/", command: "p", options: farm.Options{Absolute: "/abs/stow"}}, `
			1 LINK: d/1 => /abs/stow/p/d/1
			= LINK: d/1 => /abs/stow/p/d/1`},
		"absolute links to versions": {situation{tree: "stow/foo/1/a", command: "stow/foo//1", options: farm.Options{Absolute: "/abs/stow"}}, `
			1 LINK: a => /abs/stow/foo/1/a
			= LINK: a => /abs/stow/foo/1/a`},
		"a stow directory above the target": {situation{tree: "../s/p/d/1\n d/", stow: "../s", command: "p"}, `
			1 LINK: d/1 => ../../s/p/d/1
			= LINK: d/1 => ../../s/p/d/1`},
		"two packages, one directory": {situation{tree: "stow/p/d/1\n stow/q/d/2", command: "p q"}, `
			1 LINK: d => stow/p/d
			2 --- Unfolding d which was already owned by stow/p/d
			1 UNLINK: d (reverts previous action)
			1 MKDIR: d
			1 LINK: d/1 => ../stow/p/d/1
			1 LINK: d/2 => ../stow/q/d/2
			= MKDIR: d
			= LINK: d/1 => ../stow/p/d/1
			= LINK: d/2 => ../stow/q/d/2`},
		"two packages, one file": {situation{tree: "stow/p/a\n stow/q/a", command: "p q"}, `
			1 LINK: a => stow/p/a
			CONFLICT of q at a: existing target is stowed to a different package: a => stow/p/a
			= LINK: a => stow/p/a`},
		"a restow brings a new entry": {situation{tree: "stow/p/d/1\n stow/p/d/2\n d/1 -> ../stow/p/d/1\n d/x", command: "-R p"}, `
			1 UNLINK: d/1
			2 d/2 did not exist to be unstowed
			1 LINK: d/1 => ../stow/p/d/1 (reverts previous action)
			1 LINK: d/2 => ../stow/p/d/2
			= LINK: d/2 => ../stow/p/d/2`},
		"a restow folds": {situation{tree: "stow/p/d/1\n d/1 -> ../stow/p/d/1", command: "-R p"}, `
			1 UNLINK: d/1
			1 LINK: d/1 => ../stow/p/d/1 (reverts previous action)`},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.situation, c.want) })
	}
}

// TestTooDeep shows that no links are planned that the kernel could not make. A link in a directory climbs three bytes
// for each name in its path, and descends through the stow directory, the package and the path again: 3*8 + 4 + 1 + the
// length of the path must not exceed 4095.
func TestTooDeep(t *testing.T) {
	for last, refused := range map[int]bool{66: false, 67: true} {
		dir := strings.Repeat("d", 4000-7) + "/" + strings.Repeat("d/", 6) + strings.Repeat("e", last-6)
		s := situation{tree: "stow/p/" + dir + "/a\n " + dir + "/", command: "p"}
		if got := play(t, s); strings.Contains(got, "would be longer than 4095 bytes") != refused {
			t.Errorf("a path of %d bytes: refused is %v:\n%.200s", len(dir), !refused, got)
		}
		s.options.Absolute = "/t/stow"
		if got := play(t, s); strings.Contains(got, "ERROR") {
			t.Errorf("a path of %d bytes, with absolute links:\n%.200s", len(dir), got)
		}
	}
	long := situation{tree: strings.Repeat("s", 4093) + "/pp/a", stow: strings.Repeat("s", 4093), command: "pp"}
	if got := play(t, long); strings.Contains(got, "ERROR") {
		t.Errorf("in the target itself: %.200s", got)
	}
}
