// Package engine is the one conductor: it orders resources, plans and applies.
//
// Start with [Link], which turns resources into a graph; then [Plan], which
// observes everything and says what would change; then [Apply], which changes
// it. Plan and Apply share their observation, their comparison and their
// forecast of notifications, so that a plan cannot drift from what an apply
// does: Apply always begins with a plan.
//
// The engine knows no provider, no view and no file format. What it needs of
// the journal it says in [Journal]; what happens it tells an event.Sink.
package engine
