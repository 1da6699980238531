// Package schema describes manifests in JSON (*.hcl.json) as a JSON Schema of draft 2020-12, from
// the kinds' own declarations, for editors and for programs that write manifests.
//
// Start with [Of]. The schema holds what needs no evaluation: which blocks and
// attributes there are, and of which types. It accepts every manifest that is valid, and refuses
// most that are not; converge validate decides.
package schema
