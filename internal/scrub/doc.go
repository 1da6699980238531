// Package scrub removes sensitive strings from text that comes from outside:
// the output of a command, a unit or a package manager may repeat a secret.
// Start with [Set.Add], then [Set.Scrubber].
//
// It finds a secret as it is and in the forms that programs commonly print: line
// by line, quoted as JSON, Go and shells do, escaped for a URL, and in base64 at
// any alignment. Strings shorter than [MinLen] bytes and a few words that are
// never secret (true, false, null, none) stay, because every message would be
// unreadable without them; of a text of several lines, lines shorter than
// [MinLine] stay if they appear alone, and so do those that [Set.Open] names: what a
// template has as it is, and only its interpolations are secret.
//
// It does not know which strings are secret; the manifest decides that.
package scrub
