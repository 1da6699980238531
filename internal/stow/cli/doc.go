// Package cli is the command line of stow2, for the program of that name and
// for "converge stow": the options of GNU Stow's users, its messages, and the
// exit codes that scripts check.
//
// Start with [Main]. The options are one table (options.go), which parses the
// command line and prints the help; a [Command] combines the command line with
// the resource files; its Verb selects the work from another table, in run.go.
//
// It makes no decisions about links: the packages beside it do, and report them in the words of GNU Stow 2.4.1.
package cli
