// Package reference writes the reference of a kind from the value that declares it: as a Markdown page for docs/kinds,
// and as text for the explain command. Both have the same content, and only content of the kind.
//
// Start with [Page] and [Explain]. It contains no prose about kinds; that is in package resources.
package reference
