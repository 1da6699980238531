// Package plantest judges plans: it reads files of tests (*.test.hcl), and evaluates what they
// assert over a plan.
//
// Start with [Parse], which returns the tests of a file. A caller makes the plan that a test asks
// for, describes it as a [Plan] and hands that to [Test.Judge]. junit.go writes results for
// machines. It makes no plan itself, and knows neither machines nor manifests.
package plantest
