// Package control reads and writes a stow directory's data about its packages: control data, which a developer writes or
// generates for a locally built FOO/N.N, so that a package manager counts it like its own packages.
//
// Start with [Store.List], which finds every FOO/N.N, and [Store.Find], which reads the data of one. [Write] makes
// control data on request, and [ParseMapping] reads which stow directory packages with a tag belong in.
//
// Control data of a manager PM is STOW/FOO/:control/PM/N.N, or else STOW/FOO/:control-default/PM, which applies to every
// version of FOO; if either is a directory, its file "control" is the data. Its format is that of package stanza; its
// fields are those of [Data].
//
// As the protocol requires, the data is trusted: a user who could write it could have written the program beside it.
// This package neither links nor unlinks anything, and holds no state of its own.
package control
