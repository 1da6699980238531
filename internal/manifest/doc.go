// Package manifest reads the language of converge: HCL in, resources or
// diagnostics out.
//
// Start with [Load]. It reads the files of a folder (source), cuts large ones at
// top-level blocks (syntax) and parses the pieces in parallel (parse.go), decodes
// each block from its syntax tree as soon as it is parsed (decode.go), loads the
// modules (module.go, call.go), determines the
// instances of each (expand.go), resolves every reference (resolve.go,
// resolver.go), evaluates once, in the order of references (order.go, eval.go,
// instance.go), and joins resources by depends_on, notifies and v_on (link.go).
// Constant blocks, the bulk of a large manifest, are complete before the second
// half begins. Every expression is evaluated by the package eval, within bounds.
//
// Sensitive values are marked, and the marks are removed in one place
// (instance.go), which records the names of secret attributes. Text that a
// library made about an expression passes one filter (eval/redact.go), which
// withholds it when it may quote a sensitive value.
//
// The package reads nothing of the machine beyond the manifest's files and those beside them, orders only its own
// evaluation, and knows no provider.
package manifest
