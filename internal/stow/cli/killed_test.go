package cli_test

// packages are in every stow directory.
const packages = `
f usr/stow/u1/lib/a u1-a
f usr/stow/u2/lib/b u2-b
f usr/stow/p/bin/p p-p
f usr/stow/p/lib/p1 p-1
f usr/stow/p/lib/sub/p2 p-2
f usr/stow/p/share/doc/p/readme p-readme
f usr/stow/q/bin/q q-q
f usr/stow/q/lib/q1 q-1
f usr/stow/q/lib/sub/q2 q-2
f usr/stow/q/share/doc/q/readme q-readme
f usr/stow/foo-1/bin/foo foo-1
f usr/stow/foo-1/lib/foo lib-1
f usr/stow/foo-1/lib/old old-1
f usr/stow/foo-2/bin/foo foo-2
f usr/stow/foo-2/lib/foo lib-2
f usr/stow/foo-2/lib/new new-2
f usr/stow/c/conf c-conf
f usr/stow/c/etc/conf c-etc-conf
f usr/stow/dots/dot-rc dots-rc
f usr/stow/dots/dot-config/app/conf dots-conf
f usr/stow/zz/zz zz
f usr/stow/zz/zzd/zz zzd
d home
`

// naive are the commands of GNU Stow, and those about packages of its kind.
func naive() []killed {
	return []killed{
		{name: "stow", cmd: "p q"},
		{name: "stow among others", before: "f usr/bin/own x\nf usr/lib/sub/own x", cmd: "p"},
		{name: "stow without folding", cmd: "--no-folding p"},
		{name: "stow dotfiles", before: "f usr/.config/own x", cmd: "--dotfiles dots"},
		{name: "stow and mkdir", cmd: "--mkdir p", target: "usr/new/er", other: []string{"--mkdir zz"}},
		{name: "unstow", before: "$ p", cmd: "-D p"},
		{name: "unstow unfolded", before: "$ --no-folding p", cmd: "-D p"},
		{name: "unstow by walking", before: "$ p q", cmd: "-D -p p"},
		{name: "unfold", before: "$ u1", cmd: "u2"},
		{name: "unfold deep", before: "$ p", cmd: "q"},
		{name: "refold", before: "$ u1 u2", cmd: "-D u2"},
		{name: "refold deep", before: "$ p q", cmd: "-D q"},
		{name: "restow with changes", before: "$ --no-folding p\nrm usr/stow/p/lib/p1\nf usr/stow/p/lib/p3 p-3\nf usr/stow/p/bin/p4 p-4", cmd: "-R --no-folding p"},
		{name: "restow of two with changes", before: "$ p q\nrm usr/stow/p/lib/p1\nf usr/stow/q/lib/sub/q3 q-3", cmd: "-R p q"},
		{name: "restow without folding", before: "$ p", cmd: "-R --no-folding p"},
		{name: "restow that changes nothing", before: "$ --no-folding p", cmd: "-R p"},
		// With folding, repeating this would end differently: unstowing folds any directory that contains only links of
		// one package.
		{name: "switch files", before: "$ --no-folding foo-1", cmd: "--no-folding -D foo-1 -S foo-2"},
		{name: "switch files among others", before: "f usr/bin/own x\nf usr/lib/own x\n$ foo-1", cmd: "-D foo-1 -S foo-2"},
		{name: "switch folded", before: "$ foo-1", cmd: "-D foo-1 -S foo-2"},
		{name: "switch beside another", before: "$ foo-1 p", cmd: "-D foo-1 -S foo-2"},
		{name: "override", before: "f usr/bin/own x\n$ foo-1", cmd: "--override=. foo-2"},
		{name: "defer", before: "f usr/bin/own x\n$ foo-1", cmd: "--defer=. foo-2"},
		{name: "adopt", before: "f usr/conf mine\nf usr/etc/conf mine-too", cmd: "--adopt c"},
		{name: "back up", before: "f usr/conf mine\nf usr/etc/conf mine-too", cmd: "--backup=.orig c"},
		{name: "put back", before: "f usr/conf mine\nf usr/etc/conf mine-too\n$ --backup=.orig c", cmd: "-D --backup=.orig c"},
		{name: "absolute", before: "$ u1", cmd: "--absolute -R u1"},
		{name: "prune", before: "f usr/bin/own x\n$ p q foo-1\nrm usr/stow/q\nrm usr/stow/foo-1/lib/old", cmd: "--prune"},
		{name: "several", before: "$ p u1", cmd: "-D p -S q -R u1 -S u2 foo-2"},
	}
}

// images are also in every stow directory: the packages of the protocol.
const images = `
f usr/stow/stow2/2.1/bin/stow2 #!
f usr/stow/foo/1.0/bin/foo foo-1
f usr/stow/foo/1.0/lib/foo lib-1
f usr/stow/foo/1.0/lib/old old-1
f usr/stow/foo/1.0/share/doc/foo/readme readme-1
f usr/stow/foo/2.0/bin/foo foo-2
f usr/stow/foo/2.0/lib/foo lib-2
f usr/stow/foo/2.0/lib/new new-2
f usr/stow/foo/2.0/share/doc/foo/readme readme-2
f usr/stow/foo/2.0/share/doc/foo/more more-2
f usr/stow/bar/1/bin/bar bar-1
f usr/stow/bar/1/lib/bar lib-bar-1
f usr/stow/bar/1/share/doc/bar/readme bar-readme
f usr/stow/bar/2/bin/bar bar-2
f usr/stow/bar/2/lib/old bar-took-it
f usr/stow/zq/1/zq zq
`

const (
	own    = "f usr/bin/own x\nf usr/lib/own x\nf usr/share/doc/own x\n"
	config = "f usr/stow/foo/:config/etc/conf config\nf usr/stow/foo/1.0/etc/conf conf-1\nf usr/stow/foo/1.0/etc/more more-1\nf usr/stow/foo/2.0/etc/conf conf-2\n"
)

// versions are the commands of the protocol.
func versions() []killed {
	list := []killed{
		{name: "stow foo/1.0", cmd: "foo/1.0"},
		{name: "stow among others", before: own, cmd: "foo/1.0"},
		{name: "stow without folding", cmd: "--no-folding foo/1.0"},
		{name: "stow unfolds another", before: "$ bar/1", cmd: "foo/1.0"},
		{name: "stow with a naive one", before: "$ p", cmd: "foo/1.0 q"},
		{name: "stow and adopt", before: "f usr/bin/foo mine", cmd: "--adopt foo/1.0"},
		{name: "stow and back up", before: "f usr/bin/foo mine", cmd: "--backup=.orig foo/1.0"},
		{name: "unstow", before: "$ foo/1.0", cmd: "-D foo"},
		{name: "unstow from among others", before: own + "$ foo/1.0", cmd: "-D foo"},
		{name: "unstow refolds another", before: "$ bar/1 foo/1.0", cmd: "-D foo"},
		{name: "unstow what was deleted", before: "$ bar/1 foo/1.0\nrm usr/stow/foo/1.0", cmd: "-D foo"},
		{name: "restow with changes", before: own + "$ foo/1.0\nrm usr/stow/foo/1.0/lib/old\nf usr/stow/foo/1.0/lib/more x", cmd: "-R foo"},
		{name: "switch files", before: own + "$ foo/1.0", cmd: "foo/2.0"},
		{name: "switch folded", before: "$ foo/1.0", cmd: "foo/2.0"},
		{name: "switch beside another", before: "$ foo/1.0 bar/1", cmd: "foo/2.0"},
		{name: "switch back", before: "$ bar/1 foo/1.0\n$ foo/2.0", cmd: "foo/1.0"},
		{name: "switch and unfold", before: "$ foo/1.0", cmd: "--no-folding foo/2.0"},
		{name: "switch of what was deleted", before: own + "$ foo/1.0\nrm usr/stow/foo/1.0", cmd: "foo/2.0"},
		{name: "config", before: config + "$ foo/1.0", cmd: "foo/:config"},
		{name: "config that covers nothing", before: config + "rm usr/stow/foo/1.0/etc\n$ foo/1.0", cmd: "foo/:config"},
		{name: "config unstowed", before: config + "$ foo/1.0 foo/:config", cmd: "-D foo/:config"},
		{name: "config with its version", before: config, cmd: "foo/1.0 foo/:config", steps: true},
		{name: "switch below config", before: config + "$ foo/1.0 foo/:config", cmd: "foo/2.0"},
		{name: "force unstow", before: own + "$ --act-for=/sbin/apt foo/1.0", cmd: "--force -D foo", writes: true},
		{name: "force switch", before: "$ bar/1\n$ --act-for=/sbin/apt foo/1.0", cmd: "--force foo/2.0", writes: true},
		{name: "several", before: "$ foo/1.0 p", cmd: "-D p -S foo/2.0 bar/1 q"},
		{name: "one goes and one comes", before: "$ foo/1.0", cmd: "-D foo -S bar/1"},
		{name: "a place changes hands", before: "$ --no-folding foo/1.0 bar/1", cmd: "foo/2.0 bar/2"},
		{name: "recover", before: own + "$ foo/1.0\nl usr/stow/foo/:stowing 2.0", cmd: "--recover"},
		{name: "view: stow", before: "f view/bin/own x", cmd: "foo/1.0", target: "view"},
		{name: "view: switch", before: "f view/bin/own x\n$ foo/1.0 bar/1", cmd: "foo/2.0", target: "view"},
		{name: "view: unstow", before: "f view/bin/own x\n$ bar/1\n$ foo/1.0", cmd: "-D foo", target: "view"},
		{name: "generation: the first", before: "d view", cmd: "foo/1.0 bar/1", target: "view/current", other: []string{none}},
		{name: "generation: another", before: "d view\n$ foo/1.0", cmd: "foo/2.0 bar/1", target: "view/current", other: []string{none}},
		{name: "generation: without a package", before: "d view\n$ foo/1.0 bar/1", cmd: "-D bar", target: "view/current", other: []string{none}},
		{name: "generation: back", before: "d view\n$ foo/1.0\n$ foo/2.0", cmd: "--rollback=1", target: "view/current", other: []string{none}},
		{name: "generation: fewer", before: "d view\n$ foo/1.0\n$ foo/2.0\n$ bar/1", cmd: "--keep=1", target: "view/current", other: []string{none}},
	}
	for i := range list {
		list[i].versioned = true
	}
	return list
}
