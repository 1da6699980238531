// Package views knows the targets of a store and what they show: its own target and all others, its views. It lists
// views and what they use, removes versions that no target shows, and makes and shows the generations of a view.
//
// Start with [Uses]; [Generations] is the generations of one view:
//
//	VIEW/:gen/3/    a complete farm, with its own state
//	VIEW/current    a link to the generation that the view shows
//	VIEW/:gen/:new  a generation that is being made, or deleted
//
// It changes no single package: package store does, and computes for this package what changes lead to and what to link.
package views
