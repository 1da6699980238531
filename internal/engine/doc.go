// Package engine orders resources, plans and applies.
//
// A site comes from [assembly.Assemble]. Start with [Plan], which observes everything and determines the changes; then
// [Apply], which makes them. Plan and Apply share their observation, their comparison and their forecast of
// notifications, so that a plan cannot differ from an apply: Apply always begins with a plan.
//
// Each part knows one thing, and calls only the parts above it in this list:
//
//   - site: the resources, their graph and their keys;
//   - plan: a step for each resource, with its forecast;
//   - reporter: events and counts;
//   - planner: makes the plan, with the help of orphanReviewer, removalBuilder
//     and lateLinker; planReporter reports it;
//   - progress: how far an Apply has come, and whether it continues;
//   - debtTargets and debtBook: the targets of owed notifications, and which
//     notifications stay owed;
//   - endings: requests actions that end everything that runs;
//   - deliverer: runs the other actions of notified targets;
//   - planGuard: refuses what a saved plan has not shown;
//   - applier: makes the changes of one batch;
//   - applyRun: one Apply from beginning to end: it takes the batches in graph order,
//     and observes the site again.
//
// The engine knows no provider, no view and no file format. It uses the journal only through [Journal], and reports
// events to an event.Sink.
package engine
