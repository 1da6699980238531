// Package audit lists the content of a stow directory and its users: one store,
// read once, instead of each environment by itself.
//
// Start with [Make]. It reads a [Source], which the room store implements, and
// returns a [Report], which writes itself as text and marshals as JSON.
// [Digest] is the value by which two copies of an image can be compared.
//
// It changes nothing and refuses nothing: that a version in use is not removed
// is the store's own rule.
package audit
