// Package stow2 is the command line of stow2, for the program of that name and
// for "converge stow": what GNU Stow's users type, what they are told, and the
// exit codes that their scripts look at.
//
// Start with [Main]. The options are one table (options.go), from which the
// command line is parsed and the help printed; what a command line and the
// resource files say together is a [Command]; [Command.Verb] chooses what is
// done, one file per verb, in run.go.
//
// It decides nothing about links: the packages below internal/providers/stow
// do, and say so in the words of GNU Stow 2.4.1.
package stow2
