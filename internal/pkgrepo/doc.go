// Package pkgrepo makes signed repositories from a folder of packages, for apt, dnf and zypper, pacman, and apk, as
// files for any web server. Start with [Update]; [NewKeys] makes keys.
//
// A family (deb.go, rpm.go, arch.go, apk.go) defines how to read and store its packages, and the form of their index.
// update.go does the same for all families: it files new packages, prunes old versions, and writes the signed index
// last, so that a client sees the old state or the new one.
//
// It builds no packages, and changes only the signature of an rpm in them.
package pkgrepo
