// Package resource is the vocabulary of converge: what a resource, a kind and a change are, and what a provider owes
// the engine.
//
// Start with [Kind]: the manifest's schema, the diff, the JSON, the treatment of secrets and the reference page all
// come from this one value. Then read [Provider], the two methods that observe and change a machine. The author of a
// kind writes a struct; [Typing], [Preparing], [Reading] and [Typed] derive from it what Kind and Provider need.
// CONTRIBUTING.md goes through an example.
//
// It declares no kind: package resources does. It is not the engine: nothing here orders, plans, applies or prints,
// and nothing here imports another package of this module.
package resource
