// Package wanted reads requirement files and answers them: which of the
// packages that an application needs are installed, could be installed, or are
// unknown. The form belongs to no package manager: a file names each package in
// as many namespaces as its author knows.
//
// Start with [Parse] and [Asker.Answer]; [Decide] determines what is to be
// installed. A file is called APP-TIMESTAMP-SERIAL.requirements, which
// is not looked at, and consists of stanzas as in package stanza:
//
//	Requirements-Version: 1
//	Requested-By: autoconf2
//	Requested-At: 2011-09-21T21:17:00Z
//
//	Want: debian/sawfish redhat/sawmill
//	Version: >= 1.5, < 2
//	Kind: app
//	Need: optional
//	Why: test of the focus code
//
// # How a want is answered
//
// Installed packages come before others, and the stow directories before the
// manager: an installed version in a stow directory, an installed package of the
// manager, a version that could be stowed, a package that could be installed.
// Within one of these a stable version comes before one that is tagged unstable,
// and then the newest comes first.
//
// A package of a stow directory is named by its control data, or else FOO in the
// manager's namespace; it is also converge/FOO. The wanted kinds are not looked
// for in it: "make install" fills an image with all of them.
//
// It installs nothing and prompts nobody: its caller does.
package wanted
