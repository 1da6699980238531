// Package schema describes manifests in JSON (*.hcl.json) as a JSON Schema of draft 2020-12, from
// the kinds' own declarations, for editors and for programs that write manifests.
//
// Start with [Of]. The schema says what can be said without evaluating anything: which blocks and
// attributes there are, and of which types. It accepts every manifest that is valid, and refuses
// most that are not; what converge validate says counts.
package schema
