// Package pack makes native packages: .deb, .rpm, .apk and Arch Linux's
// .pkg.tar.zst, of one description. Start with [Package] and [Build].
//
// The formats are written by nfpm. What nfpm leaves to its user is here: one
// spelling of versions and dependencies for all families, scripts that mean the
// same in all of them, and the same bytes for the same input.
//
// It is not linked by converge: nfpm is a third of its size. The program
// converge-pkg has it.
package pack
