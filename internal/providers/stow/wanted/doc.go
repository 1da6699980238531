// Package wanted reads requirement files and answers them: which of the
// packages that an application asks for are there, could be installed, or are
// unknown. The form belongs to no package manager: a file names each package in
// as many namespaces as its author knows.
//
// Start with [Parse] and [Asker.Answer]; [Decide] says what of it is to be
// installed. A file is called APP-TIMESTAMP-SERIAL.requirements, see [FileName],
// and is stanzas as package stanza has them:
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
// What is installed comes before what is not, and the stow directories before
// the manager: a version in a stow directory that is installed, a package of
// the manager that is, a version that could be stowed, a package that could be
// installed. Within one of these a stable version comes before one that is
// tagged unstable, and then the newest comes first.
//
// A package of a stow directory is called what its control data says, or else
// FOO in the manager's namespace; it is also converge/FOO. What it is wanted
// for is not looked into: "make install" fills an image with all of it.
//
// It installs nothing and asks nobody: that is its caller's business.
package wanted
