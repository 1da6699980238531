// Package facts gathers facts about this machine: its operating system,
// hardware, names and addresses. A manifest sees them as node, together with the
// attributes that the operator put into files.
//
// Start with [Read], which looks at files only (no process is started, no name
// is resolved over the network) and takes well under a millisecond, and with
// [Node], which merges the operator's attributes in. Every fact is a field of
// [Facts] with its name and meaning as tags, so that [Table], the values and
// the documentation cannot differ.
//
// It observes no resources: providers observe the packages and units of a
// machine.
package facts
