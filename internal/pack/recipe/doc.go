// Package recipe reads a pack.hcl: the description of one package, in the language of manifests, with kinds of its own.
// Start with [Load]; [Kinds] are the kinds of a recipe.
//
// A recipe is evaluated once for each format and architecture, as node.format and node.arch. Package pack builds the
// package.
package recipe
