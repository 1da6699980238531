// Package scrub strikes sensitive strings out of text that comes from outside:
// what a command, a unit or a package manager prints may repeat a secret that
// it was given. Start with [Set.Add], then [Set.Scrubber].
//
// A secret is struck out as it is and in the forms that programs commonly print:
// line by line, quoted as JSON, Go and shells do, escaped for a URL, and in
// base64 at any alignment. Strings shorter than [MinLen] bytes and a few words
// that stand for no secret (true, false, null, none) stay, because to strike
// them out would make every message unreadable; of a text of several lines,
// lines shorter than [MinLine] stay where they stand alone.
//
// It does not know which strings are secret; that is the manifest's business.
package scrub
