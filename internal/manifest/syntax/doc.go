// Package syntax cuts large manifests at top-level blocks, refuses nesting that
// the parsers would not survive, makes JSON expressions native ones, and formats.
//
// Start with [Split] and [Parse]. It knows nothing of modules, kinds or values
// beyond literals.
package syntax
