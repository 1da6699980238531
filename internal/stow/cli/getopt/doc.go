// Package getopt reads command lines as Perl's Getopt::Long reads them, since
// that is what users of GNU Stow have in their fingers and their scripts:
// options and other words in any order, one-letter options that run together,
// long names cut short, and options that take a number when one follows.
//
// Start with [Parser.Parse]. Where its rules come from: Getopt::Long 2.52 with
// the settings of stow ("no_ignore_case", "bundling", "permute") and of chkstow
// (none), found by running both. It is no general option library: it knows the
// kinds of options that those two programs have, and stow2 besides.
package getopt
