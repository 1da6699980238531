// Package view shows a run. Everything that a person reads of what happens is
// written here, by [Human]; everything that a program reads, by [JSON]. Both
// are sinks of one stream of events, so neither knows more than the other.
//
// Start with [NewHuman]. The rules for wording stand at the head of words.go.
// What may not reach a terminal as it is (a file's content, a command's
// output) goes through safe.go, and there is no other way out of this package.
//
// It decides nothing: whether the output is a terminal, how wide it is and
// whether it takes colour is found out by the command and passed in.
//
// # The JSON stream
//
// With --json, standard output holds one JSON object a line, and nothing else;
// --json-log FILE writes the same lines to a file. Each is an [event.Event].
// The first is of type run_started and carries "version", the version of this
// format. Within one version fields and types are only ever added: a reader
// passes over what it does not know. A field that is absent is empty, zero or
// false. Times are RFC 3339, durations integers of nanoseconds ("elapsed_ns"),
// addresses strings as the manifest writes them. File names are the bytes that they
// are; a string that is then no UTF-8 is written as the language's bytes() takes
// it: each byte that is none as \xHH, and a backslash as \\.
//
//	type           what it tells, and its fields
//	run_started    version, mode ("plan", "apply" or "rollback"), run, total: resources declared
//	undoes         run: the one that a rollback takes back; message: how it was called;
//	               total: resources of the rollback
//	waiting        message: what for, and who holds it
//	recovered      run: an earlier run that was killed; message: what was cleared
//	planned        resource, kind, place, action, changes, notes; tentative, and
//	               causes: what it was observed before; removes: the paths of all
//	               that goes besides. Sent for action "none" too
//	forecast       resource, action, changes: what the package manager does beyond
//	               what was asked
//	orphaned       resource, action "delete" if it will be removed, notes; message: its
//	               path or name
//	owes           resource, verb, when, causes; run, if an earlier run owes it
//	plan_finished  counts
//	started        resource, or total if several at once; message
//	progress       resource, message: about work in hand
//	applied        resource, action, changes, removes, elapsed_ns: made, and seen to be made
//	restored       resource, action, changes: an earlier step of the run had altered
//	               it, and it is as declared again; a plan has no such line
//	failed         resource, place, error
//	skipped        resource, causes: the failed resources it stands behind
//	notified       resource, verb, causes; void if events had overtaken it
//	held           resource, verb, causes, error: still owed, and why
//	dropped        resource, verb, causes, run, error: was owed, and why nothing can
//	               deliver it; in a plan, that the next run drops it
//	warning        message
//	run_finished   counts, exit, elapsed_ns; proved: an immediate plan is empty, or would
//	               be so but for what "recurring" lists (proved is absent then);
//	               partial: of the chosen resources only; altered: files that the
//	               manifest was evaluated from and that changed, so nothing is proved
//
// What a run finds altered again when it looks at everything at its end is put
// right in a second pass, whose events have pass: 2.
//
// An action is one of none, create, update, delete, run. An element of changes
// has name, before and after (JSON values; absent: none), or secret: true and
// neither. The before and after of a file's content are objects of digest
// (SHA-256, hex) and size (bytes); diff is the difference as unified text, if
// it is text of at most 1 MiB.
package view
