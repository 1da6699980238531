// Package source reads manifests and the files beside them, and remembers each,
// so that a saved plan can tell whether they changed since.
//
// Start with [Files]. It parses nothing but strings, whose bytes it keeps
// (encode.go).
package source
