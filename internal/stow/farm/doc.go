// Package farm decides what a symlink farm must become. It is the planner of
// stow2: trees in, operations out. It looks at the machine through a [Tree]
// only, and changes nothing.
//
// Start with [Planner.Plan]. The rules are those of GNU Stow 2.4.1, found by
// running it: folding and unfolding of directories, ownership of links by
// their text, ignore lists, markers, conflicts and the messages of each step.
// stow2's additions (versions of a package that replace each other,
// configuration that covers versions) come in through [Rules].
//
// It does not carry the operations out: it lists them in the order in which GNU
// Stow would perform and print them, and the package execute reaches the same
// tree by safer steps.
package farm
