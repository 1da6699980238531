// Package diag makes, orders and writes the diagnostics of manifests.
//
// Start with [Failure] and [Write]. [Suggest] finds the name that was probably
// meant. It knows nothing of what the diagnostics are about.
package diag
