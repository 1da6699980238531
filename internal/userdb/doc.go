// Package userdb looks up the users and groups of a machine, or of a tree that
// is not "/": name to number and back, home folders, memberships.
//
// Start with [New] and [DB.User]; [DB.UID] and its like serve lookups for
// thousands of files. The local files (passwd(5), group(5), shadow(5)) are read
// at the first lookup and again only when they have changed. What they lack is
// looked up with getent(1), and so in LDAP and the other services of
// nsswitch.conf, but only on the running machine: a tree has no services.
//
// It never writes: the shadow tools do, called by internal/providers/accounts.
package userdb
