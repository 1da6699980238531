// Package farm decides what a symlink farm must become. It is the planner of
// stow2: trees in, operations out. It looks at the machine through a [Tree]
// only, and changes nothing.
//
// Start with [Planner.Plan]. The rules are those of GNU Stow 2.4.1, found by
// running it: folding and unfolding of directories, ownership of links by
// their text, ignore lists, markers, conflicts and what is said of each step.
// What stow2 adds to them (versions of a package that replace each other,
// configuration that covers versions) comes in through [Rules].
//
// It is not what carries the operations out: the order in which it names them
// is the order in which GNU Stow would perform and print them, and the package
// execute reaches the same tree by safer steps.
package farm
