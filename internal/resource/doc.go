// Package resource is the vocabulary of converge: what a resource is, what a
// kind of resource is, what a change is, and what a provider owes the engine.
//
// Start with [Kind], the one value from which the manifest's schema, the diff,
// the JSON, the treatment of secrets and the reference page of a kind all
// come; then [Provider], the two methods that observe and change a machine.
// Whoever writes a kind writes a struct: [Typing], [Preparing], [Reading] and
// [Typed] make of it what those two need. CONTRIBUTING.md goes through it.
//
// It declares no kind: package resources does. It is not the engine: nothing
// here orders, plans, applies or prints, and nothing here imports another
// package of this module.
package resource
