// Package resources is the public vocabulary of converge: what a resource is,
// what a kind of resource is, and what a provider owes the engine.
//
// Start with [Kind], the one value from which the manifest's schema, the diff,
// the JSON, the treatment of secrets and the reference page of a kind all
// come; then [Provider], the two methods that observe and change a machine.
// Each kind has a file of its own here (file.go, package.go, …) that declares
// its Kind and nothing about how a machine is changed: that is the provider's
// business, under internal/providers, and cmd/converge/kinds.go joins the two.
//
// It is not the engine: nothing here orders, plans, applies or prints, and
// nothing here imports another package of this module.
package resources
