// Package pkgrepo makes signed repositories of a folder of packages, for apt, dnf
// and zypper, pacman, and apk, as files that any web server serves. Start with
// [Update]; [NewKeys] makes keys.
//
// A family (deb.go, rpm.go, arch.go, apk.go) knows how its packages are read,
// where they are kept and what the index of them is. update.go does with all
// families the same: packages that are new are filed, old versions are pruned, and
// the signed index comes last, so that a client sees the old state or the new one.
//
// It builds no packages, and changes nothing in them but the signature of an rpm.
package pkgrepo
