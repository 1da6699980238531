// Package stowtest breaks commands that change a symlink farm, to show that
// nothing is lost: it kills them before each system call that changes
// something, kills the run that repairs it too, and makes system calls fail.
//
// Start with [Scene]: a tree, and the command that changes it. [Scene.Kills]
// and [Scene.Faults] are the two trials. It is for tests only.
package stowtest
