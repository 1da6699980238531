// Package perlre matches Perl 5 regular expressions against bytes, as Perl
// does in a program that never mentions an encoding: a character is a byte,
// and \w, \d, \s, \b and /i know ASCII only.
//
// Start with [Compile]. The package parses a pattern by Perl's rules. If the pattern is a regular language, the standard
// library's regexp matches it, in linear time. Look-around, back-references and atomic groups need a small backtracking
// matcher, which gives up with [ErrBudget] where Perl might run for years.
//
// It answers one question, whether a pattern matches somewhere in a subject; it
// neither locates matches nor returns captures. It has what ignore lists use, and
// refuses the rest of Perl's syntax with the place in the pattern:
//
//   - conditional groups (?(1)...), branch reset (?|...), recursion, code, and
//     everything that begins with (* but (*FAIL) and (*F);
//   - \K, \G, \R, \X, \o{...}, and names in \k'...', \k{...}, \g{...}, (?'...')
//     and (?P=...): \k<NAME> and \g{NUMBER} are their other spellings;
//   - Unicode: properties, names and boundaries, characters above \xff, and the
//     modifiers l and u;
//   - the modifier xx.
//
// It is not github.com/dlclark/regexp2: the tables that this library builds at program start would slow every start of
// stow2, by a sixth with v2.13.0 and by 6% with v1.12.0.
package perlre
