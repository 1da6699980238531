// Package schema describes manifests in JSON (*.hcl.json) as a JSON Schema of draft 2020-12, generated from the kinds'
// own declarations, for editors and for programs that write manifests.
//
// Start with [Of]. The schema covers what needs no evaluation: the blocks, their attributes and the types. It accepts
// every valid manifest, and refuses most invalid ones; converge validate decides.
package schema
