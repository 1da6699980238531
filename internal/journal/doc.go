// Package journal is the durable memory of converge: the state folder. Start with [Open], which locks it and reads the
// debts; [State.Start] begins a run, and a [Run] records each change on disk before it is made.
//
// The folder (mode 0700):
//
//	lock            flock'd by the run in progress, which writes its name into it
//	runs/ID.jsonl   one file a run that did something, never written again
//	current         symlink to the newest run that the two snapshots do not
//	                cover; each run names the one before it, so that a start
//	                reads these and nothing else, however long the history
//	owed            snapshot: the actions that are owed
//	status.json     how the last run ended, for monitoring; every run writes it,
//	                and its content is checked against the other files
//	key             32 random bytes in hex: digests of sensitive content are
//	                sealed with it (HMAC-SHA-256), and so are the names of blobs
//	ledger          snapshot: what converge created, the digest of the last
//	                content that it wrote into each thing, and the things
//	                that it found as sites declare them
//	blobs/DIGEST    replaced contents, by sealed SHA-256; each is stamped with
//	                the start of the last run that needed it
//	secrets/DIGEST  replaced contents of secrets, which are forgotten sooner
//
// A line of a run is a checksum, a space and a JSON object. The checksum is the CRC-32 (IEEE, eight hex digits) of the
// line before it, continued over the line's own text, so that a line that is changed, missing or out of place is
// detected. `cut -c10-` makes lines readable for jq. Bytes that JSON cannot hold, and names that are not in normal form,
// are one private rune a byte (resource.EncodeBytes). A last line that was cut short by a kill, a full disk or a power
// cut is ignored; any other damage is an error with file and line.
//
// Begin and Settled return when their lines are on disk. Done does not wait for the disk: if a power cut destroys a
// "done", a debt only seems owed since an unknown moment of that boot, which costs at most one restart too many. A kill
// may have the same effect on a batch (Run.Batch, 128 at most): these changes are in place and seem begun, so the next
// run observes them again. For a thing without a content, it then does not know that converge made it, and leaves it to
// its owner.
//
// The debts of a change are written before it: wherever a file is cut off, it contains no change without its debts.
// Runs are numbered, so that their order does not depend on a clock.
//
// Deleting the folder loses history, undo and debts; it never makes a run wrong.
//
// Package journal makes no decisions: its callers deliver debts and clean up after killed runs.
package journal
