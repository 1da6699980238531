// Package ignore knows which entries of a package are not for the target: by
// an ignore list, and by the patterns of --ignore.
//
// Start with [New] and [Lists.Ignored], which is what the planner asks;
// [Lists.Why] tells a person which list, line and pattern it was. A list is
// the first of PACKAGE/.stow-local-ignore, ~/.stow-global-ignore and the
// built-in one: they replace each other. The rules are those of GNU Stow
// 2.4.1; the patterns are Perl's (package perlre), matched byte by byte.
//
// The built-in list, which is what nearly every package has, is matched by
// hand: nothing is compiled for it. A pattern that compiles in no other
// company, "a)(b", does so here too, because GNU Stow joins the lines of a
// list into one regular expression; Why then cannot tell the line.
//
// It does not read the disk but through a [Reader], and does not walk anything.
package ignore
