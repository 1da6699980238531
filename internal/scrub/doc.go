// Package scrub removes sensitive strings from text of other programs: the output of a command, a unit or a package
// manager may repeat a secret. Start with [Set.Add], then [Set.Scrubber].
//
// It finds a secret literally and in the forms that programs commonly print: line by line, quoted as in JSON, Go and
// shells, escaped for a URL, and in base64 at any alignment. Strings shorter than [MinLen] bytes and a few words that
// are never secret (true, false, null, none) stay, because every message would be unreadable without them; in a text of
// several lines, lines shorter than [MinLine] stay if they appear alone, and so do those of [Set.Open]: the literal
// lines of a template, in which only the interpolations are secret.
//
// It does not decide which strings are secret; the manifest does.
package scrub
