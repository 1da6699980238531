// Package stowrc reads what GNU Stow's users keep in .stowrc: words as a shell
// would split them, each line for itself, and paths with variables and "~".
//
// Start with [Words], which gives the words of a file, and [Expander.Path],
// for the values of --dir and --target; the words are options, and package
// cli parses them. Neither comments nor line continuations exist. The rules
// are those of GNU Stow 2.4.1 (Perl's Text::ParseWords; older versions split
// at blanks), found by running it.
package stowrc
