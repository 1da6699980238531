// Package audit tells what a stow directory holds and who uses it: one store,
// looked at once, instead of each environment by itself.
//
// Start with [Make]. It asks a [Source], which the room store is to be, and
// answers a [Report], which writes itself as text and marshals as JSON.
// [Digest] is what two copies of an image can be compared by.
//
// It changes nothing and refuses nothing: that a version in use is not removed
// is the store's own rule.
package audit
