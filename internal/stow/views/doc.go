// Package views knows which targets show what of a store: its own target and its
// views, which are all others. It lists views and what they use, removes versions
// that no target shows, and makes and shows the generations of a view.
//
// Start with [Uses]; [Generations] is the generations of one view:
//
//	VIEW/:gen/3/    a complete farm, with its own state
//	VIEW/current    a link to the generation that the view shows
//	VIEW/:gen/:new  a generation that is being made, or deleted
//
// It makes no change to a single package: package store does, and this package
// asks it what changes come to and what to link.
package views
