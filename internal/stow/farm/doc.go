// Package farm computes the operations that a symlink farm needs. It is the planner of stow2: trees in, operations out.
// It reads the machine only through a [Tree], and changes nothing.
//
// Start with [Planner.Plan]. The rules are those of GNU Stow 2.4.1, found by
// running it: folding and unfolding of directories, ownership of links by
// their text, ignore lists, markers, conflicts and the messages of each step.
// stow2's additions (versions of a package that replace each other,
// configuration that covers versions) come in through [Rules].
//
// It does not carry out the operations: it lists them in the order in which GNU Stow would perform and print them, and
// package execute reaches the same tree by safer steps.
package farm
