// Package audit lists the versions in a stow directory and the targets that show
// them: it reads one store once, instead of every environment.
//
// Start with [Make]. Package views collects its input. The [Report] writes itself as text and marshals as JSON. [Digest]
// returns a value that is equal for equal copies of an image.
//
// It changes nothing and refuses nothing: package views protects versions that are in use.
package audit
