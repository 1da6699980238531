// Package audit lists the versions in a stow directory and the targets that show
// them: it reads one store once, instead of every environment.
//
// Start with [Make]. Package views collects what it takes. The [Report]
// writes itself as text and marshals as JSON.
// [Digest] is the value by which two copies of an image can be compared.
//
// It changes nothing and refuses nothing: package views keeps versions that are in
// use.
package audit
