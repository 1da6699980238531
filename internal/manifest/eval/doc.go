// Package eval evaluates the expressions of a manifest within bounds of time,
// memory, text and rounds of loops, and keeps sensitive values out of what the
// libraries say about failures.
//
// Start with [Evaluator]: Bind prepares an expression once, Value evaluates it
// in a scope. [Met] collects the sensitive strings. It knows nothing of modules,
// resources or what an expression refers to.
package eval
