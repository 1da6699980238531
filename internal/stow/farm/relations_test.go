package farm_test

import (
	"testing"

	"converge/internal/stow/farm"
)

// TestLinkInTheWay shows what happens to an entry at the place of a link, by the owner and the target of the link.
func TestLinkInTheWay(t *testing.T) {
	const files = "stow/p/a\n stow/q/a\n a -> stow/q/a"
	const dirs = "stow/p/d/1\n stow/q/d/2\n d -> stow/q/d"
	for name, c := range map[string]struct {
		situation
		want string
	}{
		"its own stays": {situation{tree: "stow/p/a\n stow/p/d/x\n a -> stow/p/a\n d -> stow/p/d", command: "p"}, `
			2 --- Skipping a as it already points to stow/p/a
			kept a of p
			2 --- Skipping d as it already points to stow/p/d
			kept d of p (dir)`},
		"its own, spelled otherwise, is a conflict": {situation{tree: "stow/p/a\n a -> ./stow/p/a", command: "p"}, `
			CONFLICT of p at a: existing target is stowed to a different package: a => ./stow/p/a`},
		"its own link to a link stays": {situation{tree: "stow/p/a -> b\n stow/p/b\n a -> stow/p/a\n b -> stow/p/b", command: "p"}, `
			2 --- Skipping a as it already points to stow/p/a
			kept a of p (link)
			2 --- Skipping b as it already points to stow/p/b
			kept b of p`},
		"its own link to a link that leads nowhere comes to nothing": {situation{tree: "stow/p/a -> gone\n a -> stow/p/a", command: "p"}, `
			1 UNLINK: a
			1 LINK: a => stow/p/a (reverts previous action)`},
		"a stranger's file is a conflict": {situation{tree: files, command: "p"}, `
			CONFLICT of p at a: existing target is stowed to a different package: a => stow/q/a`},
		"a stranger's file stays by --defer": {situation{tree: files, command: "p", options: farm.Options{Defer: matching("a")}}, `
			2 --- Deferring installation of: a
			deferred a of p`},
		"a stranger's file goes by --override": {situation{tree: files, command: "p", options: farm.Options{Override: matching("x", "a")}}, `
			2 --- Overriding installation of: a
			overridden a of p
			1 UNLINK: a
			1 LINK: a => stow/p/a
			= UNLINK: a
			= LINK: a => stow/p/a`},
		"--defer of another path says nothing": {situation{tree: files, command: "p", options: farm.Options{Defer: matching("b")}}, `
			CONFLICT of p at a: existing target is stowed to a different package: a => stow/q/a`},
		"a stranger's directory is opened": {situation{tree: dirs, command: "p"}, `
			2 --- Unfolding d which was already owned by stow/q/d
			1 UNLINK: d
			1 MKDIR: d
			1 LINK: d/2 => ../stow/q/d/2
			1 LINK: d/1 => ../stow/p/d/1
			= UNLINK: d
			= MKDIR: d
			= LINK: d/2 => ../stow/q/d/2
			= LINK: d/1 => ../stow/p/d/1`},
		"a stranger's directory in a directory is opened": {situation{tree: "stow/p/a/d/1\n stow/q/a/d/2\n a/d -> ../stow/q/a/d", command: "p"}, `
			2 --- Unfolding a/d which was already owned by stow/q/a/d
			1 UNLINK: a/d
			1 MKDIR: a/d
			1 LINK: a/d/2 => ../../stow/q/a/d/2
			1 LINK: a/d/1 => ../../stow/p/a/d/1
			= UNLINK: a/d
			= MKDIR: a/d
			= LINK: a/d/2 => ../../stow/q/a/d/2
			= LINK: a/d/1 => ../../stow/p/a/d/1`},
		"a stranger's directory against a file is a conflict": {situation{tree: "stow/p/d\n stow/q/d/2\n d -> stow/q/d", command: "p"}, `
			CONFLICT of p at d: existing target is stowed to a different package: d => stow/q/d`},
		"a stranger's file against a directory is a conflict": {situation{tree: "stow/p/d/1\n stow/q/d\n d -> stow/q/d", command: "p"}, `
			CONFLICT of p at d: existing target is stowed to a different package: d => stow/q/d`},
		"what it replaces goes, directory or not": {situation{tree: dirs, command: "p", rules: map[string]string{"p q": "replaces"}}, `
			1 UNLINK: d
			1 LINK: d => stow/p/d
			= UNLINK: d
			= LINK: d => stow/p/d`},
		"what it covers is opened": {situation{tree: dirs, command: "p", rules: map[string]string{"p q": "covers"}}, `
			2 --- Unfolding d which was already owned by stow/q/d
			1 UNLINK: d
			1 MKDIR: d
			1 LINK: d/2 => ../stow/q/d/2
			1 LINK: d/1 => ../stow/p/d/1
			= UNLINK: d
			= MKDIR: d
			= LINK: d/2 => ../stow/q/d/2
			= LINK: d/1 => ../stow/p/d/1`},
		"of two files what covers is linked": {situation{tree: files, command: "p", rules: map[string]string{"p q": "covers"}}, `
			1 UNLINK: a
			1 LINK: a => stow/p/a
			= UNLINK: a
			= LINK: a => stow/p/a`},
		"what it yields to is opened": {situation{tree: dirs, command: "p", rules: map[string]string{"p q": "yields"}}, `
			2 --- Unfolding d which was already owned by stow/q/d
			1 UNLINK: d
			1 MKDIR: d
			1 LINK: d/2 => ../stow/q/d/2
			1 LINK: d/1 => ../stow/p/d/1
			= UNLINK: d
			= MKDIR: d
			= LINK: d/2 => ../stow/q/d/2
			= LINK: d/1 => ../stow/p/d/1`},
		"of two files what yields is not linked": {situation{tree: files, command: "p", rules: map[string]string{"p q": "yields"}}, `
			deferred a of p`},
		"a link of nobody is a conflict": {situation{tree: "stow/p/a\n x\n a -> x", command: "p"}, `
			CONFLICT of p at a: existing target is not owned by stow: a`},
		"an absolute link is nobody's": {situation{tree: "stow/p/a\n a -> /t/stow/p/a", command: "p"}, `
			CONFLICT of p at a: existing target is not owned by stow: a`},
		"an absolute link is its own with --absolute": {situation{tree: "stow/p/a\n a -> /t/stow/p/a", command: "p", options: farm.Options{Absolute: "/t/stow"}}, `
			2 --- Skipping a as it already points to /t/stow/p/a
			kept a of p`},
		"an absolute link elsewhere is nobody's with --absolute": {situation{tree: "stow/p/a\n a -> /t/stowed/p/a", command: "p", options: farm.Options{Absolute: "/t/stow"}}, `
			CONFLICT of p at a: existing target is not owned by stow: a`},
		"a link that leads nowhere is replaced": {situation{tree: "stow/p/a\n stow/q/b\n a -> stow/q/a", command: "p"}, `
			1 UNLINK: a
			1 LINK: a => stow/p/a
			= UNLINK: a
			= LINK: a => stow/p/a`},
		"a link into a marked stow directory has an owner": {situation{tree: "other/stow/.stow\n other/stow/r/a\n stow/p/a\n a -> other/stow/r/a", command: "p"}, `
			CONFLICT of p at a: existing target is stowed to a different package: a => other/stow/r/a`},
		"a link into a directory without a marker has none": {situation{tree: "other/stow/r/a\n stow/p/a\n a -> other/stow/r/a", command: "p"}, `
			CONFLICT of p at a: existing target is not owned by stow: a`},
		"a directory of a marked stow directory is opened": {situation{tree: "other/.stow\n other/r/d/2\n stow/p/d/1\n d -> other/r/d", command: "p"}, `
			2 --- Unfolding d which was already owned by other/r/d
			1 UNLINK: d
			1 MKDIR: d
			1 LINK: d/2 => ../other/r/d/2
			1 LINK: d/1 => ../stow/p/d/1
			= UNLINK: d
			= MKDIR: d
			= LINK: d/2 => ../other/r/d/2
			= LINK: d/1 => ../stow/p/d/1`},
		"an absolute link in the package is a conflict": {situation{tree: "stow/p/a -> /etc/x", command: "p"}, `
			CONFLICT of p at a: source is an absolute symlink stow/p/a => /etc/x`},
		"an absolute link in the package is linked where it may be": {situation{tree: "stow/p/a -> /etc/x", command: "p", options: farm.Options{AbsoluteSource: true}}, `
			1 LINK: a => stow/p/a
			= LINK: a => stow/p/a`},
		"a relative link in the package is linked": {situation{tree: "stow/p/a -> b", command: "p"}, `
			1 LINK: a => stow/p/a
			= LINK: a => stow/p/a`},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.situation, c.want) })
	}
}

// TestNodeInTheWay shows what happens to an entry at the place of a file or a directory.
func TestNodeInTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		situation
		want string
	}{
		"a directory is gone down": {situation{tree: "stow/p/d/e/1\n d/x", command: "p"}, `
			1 LINK: d/e => ../stow/p/d/e
			= LINK: d/e => ../stow/p/d/e`},
		"a link to a directory in the package goes down": {situation{tree: "stow/p/d -> e\n stow/p/e/1\n d/", command: "p"}, `
			1 LINK: d/1 => ../stow/p/d/1
			1 LINK: e => stow/p/e
			= LINK: d/1 => ../stow/p/d/1
			= LINK: e => stow/p/e`},
		"a file against a directory is a conflict": {situation{tree: "stow/p/d\n d/x", command: "p"}, `
			CONFLICT of p at d: cannot stow non-directory stow/p/d over existing directory target d`},
		"a link that leads nowhere against a directory": {situation{tree: "stow/p/d -> gone\n d/x", command: "p"}, `
			CONFLICT of p at d: cannot stow non-directory stow/p/d over existing directory target d`},
		"a directory against a file is a conflict": {situation{tree: "stow/p/a/1\n a", command: "p"}, `
			CONFLICT of p at a: cannot stow stow/p/a over existing target a since neither a link nor a directory and --adopt not specified`},
		"a directory is never adopted": {situation{tree: "stow/p/a/1\n a", command: "p", options: farm.Options{Adopt: true}}, `
			CONFLICT of p at a: cannot stow directory stow/p/a over existing non-directory target a`},
		"a file is adopted at its path only": {situation{tree: "stow/p/a\n stow/p/b\n a\n b", command: "p", options: farm.Options{AdoptPath: matching("a")}}, `
			1 MV: a -> stow/p/a
			1 LINK: a => stow/p/a
			CONFLICT of p at b: cannot stow stow/p/b over existing target b since neither a link nor a directory and --adopt not specified
			= MV: a -> stow/p/a
			= LINK: a => stow/p/a`},
		"--adopt goes before --backup": {situation{tree: "stow/p/a\n a", command: "p", options: farm.Options{Adopt: true, Backup: "~"}}, `
			1 MV: a -> stow/p/a
			1 LINK: a => stow/p/a
			= MV: a -> stow/p/a
			= LINK: a => stow/p/a`},
		"what covers the image takes the file": {situation{tree: "stow/foo/1/d/a\n stow/foo/:config/d/a\n d/a", command: "stow/foo//1", options: farm.Options{Adopt: true}, rules: map[string]string{"cover 1": ":config"}}, `
			1 MV: d/a -> stow/foo/:config/d/a
			1 LINK: d/a => ../stow/foo/:config/d/a
			= MV: d/a -> stow/foo/:config/d/a
			= LINK: d/a => ../stow/foo/:config/d/a`},
		"what covers the image takes what it has only": {situation{tree: "stow/foo/1/d/a\n stow/foo/:config/d/b\n d/a", command: "stow/foo//1", options: farm.Options{Adopt: true}, rules: map[string]string{"cover 1": ":config"}}, `
			1 MV: d/a -> stow/foo/1/d/a
			1 LINK: d/a => ../stow/foo/1/d/a
			= MV: d/a -> stow/foo/1/d/a
			= LINK: d/a => ../stow/foo/1/d/a`},
		"a file is kept aside for a directory": {situation{tree: "stow/p/a/1\n a", command: "p", options: farm.Options{Backup: "~"}}, `
			1 MV: a -> a~
			1 LINK: a => stow/p/a
			= MV: a -> a~
			= LINK: a => stow/p/a`},
		"a backup is not written over": {situation{tree: "stow/p/a\n a\n a~", command: "p", options: farm.Options{Backup: "~"}}, `
			CONFLICT of p at a: cannot keep existing target a as a~: there is one already`},
		"nor a link in its place": {situation{tree: "stow/p/a\n a\n a~ -> x", command: "p", options: farm.Options{Backup: "~"}}, `
			CONFLICT of p at a: cannot keep existing target a as a~: there is one already`},
		"nor a directory": {situation{tree: "stow/p/a\n a\n a~/", command: "p", options: farm.Options{Backup: "~"}}, `
			CONFLICT of p at a: cannot keep existing target a as a~: there is one already`},
		"a backup comes back, whoever has an entry there too": {situation{tree: "stow/p/a\n stow/q/a\n a -> stow/p/a\n a~", command: "-D p q", options: farm.Options{Backup: "~"}}, `
			1 UNLINK: a
			1 MV: a~ -> a
			2 a is neither a link nor a directory: left
			= UNLINK: a
			= MV: a~ -> a`},
		"a backup of what is restowed stays": {situation{tree: "stow/p/a\n a -> stow/p/a\n a~", command: "-R p", options: farm.Options{Backup: "~"}}, `
			1 UNLINK: a
			1 MV: a~ -> a
			1 MV: a~ -> a (reverts previous action)
			1 LINK: a => stow/p/a (reverts previous action)`},
		"a backup stays where a directory comes": {situation{tree: "stow/p/a\n stow/q/a/1\n a -> stow/p/a\n a~", command: "-D p -S q", options: farm.Options{Backup: "~", NoFolding: true}}, `
			1 UNLINK: a
			1 MV: a~ -> a
			1 MV: a~ -> a (reverts previous action)
			1 MKDIR: a
			1 LINK: a/1 => ../stow/q/a/1
			= UNLINK: a
			= MKDIR: a
			= LINK: a/1 => ../stow/q/a/1`},
		"a backup comes back where a dangling link goes": {situation{tree: "stow/p/b\n a -> stow/p/a\n a~", command: "-D p", options: farm.Options{Backup: "~"}}, `
			2 b did not exist to be unstowed
			2 --- removing stale link: a => stow/p/a
			1 UNLINK: a
			1 MV: a~ -> a
			= UNLINK: a
			= MV: a~ -> a`},
		"a backup comes back where nothing is": {situation{tree: "stow/p/a\n a~", command: "-D p", options: farm.Options{Backup: "~"}}, `
			2 a did not exist to be unstowed
			1 MV: a~ -> a
			= MV: a~ -> a`},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.situation, c.want) })
	}
}
