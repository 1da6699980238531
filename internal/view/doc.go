// Package view shows a run. [Human] writes the output for people, and [JSON] the output for programs. Both are sinks of
// one stream of events, so neither knows more than the other.
//
// Start with [NewHuman]. The rules for wording are at the top of words.go. All text that must not reach a terminal
// unchanged (a file's content, a command's output) passes safe.go.
//
// It makes no decisions: the command detects whether the output is a terminal, how wide it is and whether it supports
// colour, and passes that in.
//
// # The JSON stream
//
// With --json, standard output holds one JSON object a line, and nothing else;
// --json-log FILE writes the same lines to a file. Each is an [event.Event].
// The first is of type run_started and carries "version", the version of this
// format. Within one version fields and types are only ever added: a reader
// ignores those that it does not know. A field that is absent is empty, zero or
// false. Times are RFC 3339, durations integers of nanoseconds ("elapsed_ns"),
// addresses strings as the manifest writes them. File names are written as
// their bytes; a string that is not UTF-8 then is written in the form of the
// language's bytes(): each byte that is not UTF-8 as \xHH, a backslash as \\.
//
//	type           meaning, and its fields
//	run_started    version, mode ("plan", "apply", "rollback" or "check"), total: resources
//	               declared; run: the id of an apply or a rollback, unless it has to wait for
//	               another one first: run_finished has it then
//	undoes         run: the one that a rollback takes back; message: its command;
//	               total: resources of the rollback
//	output         name, value; secret: a part of the value is withheld. Of the root
//	               manifest; they are known before anything is done
//	waiting        message: what for, and the holder of it
//	recovered      run: an earlier run that was killed; message: what was cleared
//	planned        resource, kind, place, action, changes, notes; tentative, and
//	               causes: what it was observed before; removes: the paths of all
//	               that is removed besides. Sent for action "none" too
//	forecast       resource, action, changes: what the package manager does beyond
//	               what was asked
//	orphaned       resource, action "delete" if it will be removed, "create" or "update" if it
//	               will be put back as it was before converge changed it, notes; message: its
//	               path or name
//	undeclared     total: how many things that converge made are no longer declared, where they
//	               are more than 20 and the run does not prune; kinds: how many are of each kind;
//	               shared: how many of them other sites declare, too, which an apply leaves to
//	               these. None was looked at, and none has a line of type orphaned
//	owes           resource, verb, when, causes; run, if an earlier run owes it; ends:
//	               it is a reboot, which follows the run
//	checks         resource, message: what it asks, causes, notes; run, if an earlier run
//	               owes it; void if it will be skipped
//	plan_finished  counts
//	started        resource, or total if several at once; message
//	progress       resource, message: about work in hand
//	applied        resource, action, changes, removes, elapsed_ns: made, and seen to be made
//	restored       resource, action, changes: an earlier step of the run had altered
//	               it, and it is as declared again; a plan has no such line
//	audited        resource, place, action, changes, audit: true: how a resource with
//	               audit = true differs at the end of the run; a plan has a line of
//	               type planned for it, with audit: true; error: it cannot be compared
//	               (counted as unobserved, and not as audited)
//	failed         resource, place, error, as: the resource whose error continues as this one
//	skipped        resource, causes: the failed resources before it
//	notified       resource, verb, causes; void if events had overtaken it
//	checked        resource, message: what it asked, causes, elapsed_ns: it has passed; void
//	               if it was skipped
//	held           resource, verb, causes, error: still owed, and why; notes: the run is
//	               taken back
//	ending         resource, verb, when, causes, notes: a reboot follows the run
//	dropped        resource, verb, causes, run, error: was owed, and why nothing can
//	               deliver it; in a plan, that the next run drops it
//	forgotten      resource, message: the key of a thing that leaves the ledger and
//	               stays on the host
//	recalled       message: the key of a thing that a rollback adds to the ledger again
//	warning        message
//	run_finished   mode, run, counts, exit, elapsed_ns; proved: an immediate plan is empty, or would
//	               be so but for what "recurring" lists (proved is absent then);
//	               partial: of the chosen resources only; altered: files that the
//	               manifest was evaluated from and that changed, so nothing is proved;
//	               facts: references to facts, likewise; ends: a reboot follows
//
// A plan ends with plan_finished, the others with run_finished; an apply that takes runs
// back has a run_started and a run_finished for each. If a command cannot do what was
// asked, its last line is of type error, see [Fault]:
//
//	error          code: the exit status; summary; hints: what to do. Of a manifest:
//	               file, range, detail, and diagnostics: all that is wrong with it
//
// All commands with --json end like that, also those that print no events. Standard error contains the same for people.
// If run_finished has an exit other than 0, the events before it explain why, and no error follows.
//
// Drift that the proof finds at the end of a run is corrected in a second pass, whose events have pass: 2.
//
// An action is one of none, create, update, delete, run. An element of changes
// has name, before and after (JSON values; absent: none), or secret: true and
// neither. The before and after of a file's content are objects of digest
// (SHA-256, hex) and size (bytes); diff is the difference as unified text, if
// it is text of at most 1 MiB.
package view
