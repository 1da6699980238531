// Package reference writes the reference of a kind from the one value that
// declares it: as a Markdown page for docs/kinds, and as text for the explain
// command. The two say the same, and neither can say what the kind does not.
//
// Start with [Page] and [Explain]. It holds no prose about any kind; that is
// the kind's own, in package resources.
package reference
