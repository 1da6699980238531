// Package stow is the provider of locally built software: it makes stow2 available to the engine, so that a block
// `package "foo" { provider = "stow2" }` manages STOW/foo/VERSION like a package of the system's own package manager.
//
// Start with [New]. A request is a manifest's declaration of one package, a location is a stow directory and its
// target, a farmView is a location with everything read from it: one listing, one reading of the target, one pass over
// the tree of each package, for all packages and all queries until something changes. A status is a farmView's answer
// to a request: the present state, and the plan that leads to the wanted one; a request is met if that plan is empty.
//
// The package keeps no record of its own, and leaves every decision to the rooms below, which know nothing of the
// engine, so that the program stow2 stays small: farm plans, execute changes links, store is the file-naming protocol,
// abi determines which packages a switch breaks.
package stow
