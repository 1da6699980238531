// Package apt installs, changes and removes Debian packages.
//
// Start with [New] and [Provider]. It reads the installed packages from dpkg's
// own database, once for all packages (status.go, database.go); it asks
// `apt-get -s` for apt's plan in one call for all changes (solve.go,
// simulate.go); it makes all of them with one `apt-get install` (transact.go),
// between a repair of an interrupted dpkg (repair.go) and one setting of all
// holds (hold.go). It waits for locks, and names their holders (locks.go).
//
// It does nothing that the plan did not show: it refuses any other removal,
// downgrade or change to a held package (guard.go). It does not manage package
// sources, keys or pins, and starts and restarts no service.
package apt
