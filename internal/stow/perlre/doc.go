// Package perlre matches Perl 5 regular expressions against bytes, as Perl
// does in a program that never mentions an encoding: a character is a byte,
// and \w, \d, \s, \b and /i know ASCII only.
//
// Start with [Compile]. A pattern is parsed here, by Perl's rules. A pattern that
// is a regular language goes to the standard library's regexp, which takes linear
// time; look-around, back-references, atomic groups and the like go to a
// backtracking matcher of our own, which gives up with [ErrBudget] where Perl
// might run for years.
//
// It answers one question, whether a pattern matches somewhere in a subject; it
// neither locates matches nor captures. It refuses these parts of Perl's syntax,
// always with the place in the pattern: recursion, code blocks, backtracking
// control verbs other than (*FAIL), Unicode properties, names and boundaries, \X,
// characters above \xff, and the modifiers l and u.
package perlre
