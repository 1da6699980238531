// Package userdb answers who the users and groups of a machine, or of a tree
// that is not "/", are: name to number and back, home folders, memberships.
//
// Start with [New] and [DB.User]; [DB.UID] and its like are for whoever asks of
// thousands of files. The local files (passwd(5), group(5),
// shadow(5)) are read when first asked for and again only when they have
// changed. What they do not know is asked of getent(1), and so of LDAP and
// whatever else nsswitch.conf names, but only of the running machine: a tree
// has no services.
//
// It never writes: that is the business of the shadow tools, which
// internal/providers/accounts calls.
package userdb
