// Package packagestest is the suite that every package manager passes with package packages, against the real program
// on a test host: see [Run] and [World]. [Fake] is a manager in memory. It is only for tests.
package packagestest
