// Package apt makes Debian packages what they are wanted to be.
//
// Start with [New] and [Provider]. What is installed is read from dpkg's own
// database, once for all packages (status.go, database.go); what apt would do
// is asked of `apt-get -s` in one call for all changes (solve.go, simulate.go);
// what is done is one `apt-get install` for all of them (transact.go), between
// a repair of an interrupted dpkg (repair.go) and one setting of all holds
// (hold.go). Locks are waited for, and their holders named (locks.go).
//
// It decides nothing that the plan did not show: a removal, a downgrade or a
// change to a held package beyond it is refused (guard.go). It does not manage
// package sources, keys or pins, and starts and restarts no service.
package apt
