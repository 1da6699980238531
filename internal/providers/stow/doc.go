// Package stow is the provider of locally built software: the engine's face of
// stow2, by which a block `package "foo" { provider = "stow2" }` puts
// STOW/foo/VERSION on the same footing as a package of the machine's own
// package manager.
//
// Start with [New]. A wish is what a manifest wants of one package, a place is
// a stow directory and its target, a yard is a place with all that has been
// read of it: one listing, one reading of the target, one pass over the tree of
// each package, for all packages and all questions until something changes. A
// finding is what a yard says to a wish: what is there, and the plan that
// brings it to what is wanted; a package is right if that plan is empty.
//
// It holds no record of its own, and decides nothing that the rooms below can:
// they know nothing of the engine, so that the program stow2 stays small. farm
// plans, execute carries out, store is the file-naming protocol, abi judges
// whom a switch breaks.
package stow
