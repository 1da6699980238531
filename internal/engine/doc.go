// Package engine orders resources, plans and applies.
//
// Start with [Link], which turns resources into a graph; then [Plan], which
// observes everything and determines the changes; then [Apply], which makes them.
// Plan and Apply share their observation, their comparison and their forecast of
// notifications, so that a plan cannot differ from an apply: Apply always begins
// with a plan.
//
// The engine knows no provider, no view and no file format. [Journal] is all that
// it needs of the journal; it reports events to an event.Sink.
package engine
