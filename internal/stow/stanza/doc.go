// Package stanza reads and rewrites files of stanzas: groups of lines of the
// form "Field: value", separated by empty lines. Control data and requirement
// files of stow2 have this form; it is that of deb822(5), less its signatures:
//
//   - The text is UTF-8. A line of blanks alone is an empty line.
//   - A line that begins with # is a comment anywhere. A # elsewhere is part of
//     a value.
//   - A line that begins with a blank continues the value above it. A line of
//     a blank and a full stop continues it with an empty line.
//   - A field's name is of printable ASCII without blanks, colon and leading
//     # or -; its case does not count. A stanza has a field once.
//
// Start with [Parse]. A document keeps unknown content: written unchanged, it has the same bytes, and [Stanza.Set]
// changes only the lines of its field.
//
// It knows no fields and no meanings: its callers do, and report a faulty value through [Field.Problem], with file, line
// and word.
package stanza
