// Package stow is the provider of locally built software: the engine's face of
// stow2, by which a block `package "foo" { provider = "stow2" }` puts
// STOW/foo/VERSION on the same footing as a package of the machine's own
// package manager.
//
// The farm itself is in the rooms below, which know nothing of the engine, so
// that the program stow2 stays small: farm plans, execute carries out, store
// is the file-naming protocol.
package stow
