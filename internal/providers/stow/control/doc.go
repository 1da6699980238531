// Package control is what a stow directory says about the packages in it: the
// control data that a developer writes for a locally built FOO/N.N, or has
// written for him, so that a package manager counts it like its own.
//
// Start with [Store.List], which finds every FOO/N.N, and [Store.Find], which
// reads what is said of one. [Write] makes control data on request, and
// [ParseMapping] reads which stow directory packages with a tag belong in.
//
// Control data of a manager PM is STOW/FOO/:control/PM/N.N, or else
// STOW/FOO/:control-default/PM, which is about every version of FOO; either may
// be a directory, whose file "control" it is then. Its form is that of package
// stanza; its fields are those of [Data].
//
// What is here is trusted as it is found, as the protocol has it: who could
// write it could have written the program beside it. It neither links nor
// unlinks anything, and holds no state of its own.
package control
