// Package stanza reads and rewrites files of stanzas: groups of lines of the
// form "Field: value", parted by empty lines. Control data and requirement
// files of stow2 are written so; the form is that of deb822(5), less its
// signatures:
//
//   - The text is UTF-8. A line of blanks alone is an empty line.
//   - A line that begins with # is a comment, wherever it stands. A # anywhere
//     else is part of a value.
//   - A line that begins with a blank continues the value above it. A line of
//     a blank and a full stop continues it with an empty line.
//   - A field's name is of printable ASCII without blanks, colon and leading
//     # or -; its case does not count. A stanza has a field once.
//
// Start with [Parse]. What it does not know it keeps: a document that is
// written without a change is the same bytes, and [Stanza.Set] changes the
// lines of its field alone.
//
// It knows no field and no meaning: that is its callers' business, who report
// what is wrong with a value through [Field.Problem], with file, line and word.
package stanza
