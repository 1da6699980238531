// Package stowrc reads .stowrc, the options file of GNU Stow: words as a shell would split them, each line separately,
// and paths with variables and "~".
//
// Start with [Words], which returns the words of a file, and [Expander.Path], for the values of --dir and --target;
// package cli parses the words as options. There are no comments and no line continuations. The rules are those of GNU
// Stow 2.4.1 (Perl's Text::ParseWords; older versions split at blanks), found by running it.
package stowrc
