// Package wanted reads requirement files and answers them: which of the packages that an application needs are
// installed, could be installed, or are unknown. The format belongs to no package manager: a file names each package in
// as many namespaces as its author knows.
//
// Start with [Parse] and [Asker.Answer]; [Decide] determines what to install. A file is called
// APP-TIMESTAMP-SERIAL.requirements, which is not checked, and consists of stanzas as in package stanza:
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
// A package of a stow directory has the names in its control data, or else FOO in the manager's namespace; it is also
// converge/FOO. Its image is not searched for the wanted kinds: "make install" fills an image with all of them.
//
// It installs nothing and asks the user nothing: its caller does.
package wanted
