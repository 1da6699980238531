// Package plantest tests plans: it reads files of tests (*.test.hcl), and evaluates their assertions over a plan.
//
// Start with [Parse], which returns the tests of a file. The caller makes the plan that a test describes, converts it to
// a [Plan] and passes that to [Test.Judge]. junit.go writes results for programs. The package makes no plans itself, and
// knows neither machines nor manifests.
package plantest
