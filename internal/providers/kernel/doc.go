// Package kernel sets the parameters of the kernel (the kind sysctl), now and for
// the next boot.
//
// Start with [New]. sysctl.go observes and changes one parameter; saved.go finds
// the value that the files of sysctl.d set at boot, by the rules of sysctl.d(5).
// It runs no program: sysctl --system would set what others have declared, too.
package kernel
