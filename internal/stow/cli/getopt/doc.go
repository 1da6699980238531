// Package getopt reads command lines as Perl's Getopt::Long does, because users of GNU Stow rely on it, also in scripts:
// options and other words in any order, bundled one-letter options, abbreviated long names, and options that take a
// number if one follows.
//
// Start with [Parser.Parse]. The rules are those of Getopt::Long 2.52 with the settings of stow ("no_ignore_case",
// "bundling", "permute") and of chkstow (none), found by running both. It is not a general option library: it has only
// the kinds of options of those two programs and of stow2.
package getopt
