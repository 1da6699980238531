// Package stowtest disturbs commands that change a symlink farm, to show that nothing is lost: it kills them before each
// system call that changes something, kills the run that repairs it too, makes system calls fail, and cuts the power of
// the disks.
//
// Start with [Scene]: a tree, and the command that changes it. [Scene.Kills],
// [Scene.Faults] and [Scene.Cuts] are the trials. It is for tests only.
package stowtest
