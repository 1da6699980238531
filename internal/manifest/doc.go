// Package manifest reads the language of converge: HCL in, resources or
// diagnostics out.
//
// Start with [Load]. It reads the files of a folder (source.go), cuts large
// ones at top-level blocks and parses the pieces side by side (split.go,
// parse.go), takes each block out of its syntax tree as soon as it is parsed
// (decode.go, block.go), loads the modules (module.go, call.go), finds out how
// many there are of each (expand.go), settles what every reference means
// (resolve.go), evaluates once, in the order of references
// (order.go, eval.go, instance.go), and joins resources by depends_on,
// notifies and v_on (link.go). Constant blocks, the bulk of a large manifest,
// are complete before the second half begins.
//
// Sensitive values are marked, and the marks are taken off in one place
// (instance.go), where the names of secret attributes are written down. Text
// that a library made about an expression passes one filter (redact.go), which
// withholds it when a sensitive value may be quoted in it.
//
// It never looks at the machine beyond the manifest's files and those beside
// them, orders nothing but its own evaluation, and knows no provider.
package manifest
