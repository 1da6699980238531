// Package recipe reads a pack.hcl: the description of one package, in the
// language of manifests, with kinds of its own. Start with [Load]; [Kinds] is
// what a recipe may declare.
//
// A recipe is evaluated once for each format and architecture, which it sees as
// node.format and node.arch. What a package is in the end is package pack's.
package recipe
