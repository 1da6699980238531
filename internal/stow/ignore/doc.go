// Package ignore decides which entries of a package are not stowed, by an ignore list and by the patterns of --ignore.
//
// Start with [New] and [Lists.Ignored], which the planner calls; [Lists.Why] reports the list, line and pattern. The
// list is the first of PACKAGE/.stow-local-ignore, ~/.stow-global-ignore and the built-in one: they replace each other.
// The rules are those of GNU Stow 2.4.1; the patterns are Perl's (package perlre), matched byte by byte.
//
// The built-in list, which nearly every package uses, is matched by hand, without compiling anything. As in GNU Stow,
// which joins the lines of a list into one regular expression, patterns such as "a)(b" compile only together; Why cannot
// name the line then.
//
// It reads the disk only through a [Reader], and does not walk anything.
package ignore
