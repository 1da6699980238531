// Package pack makes native packages: .deb, .rpm, .apk and Arch Linux's .pkg.tar.zst, from one description. Start with
// [Package] and [Build].
//
// nfpm writes the formats. This package adds what nfpm leaves to its user: one spelling of versions and dependencies for
// all families, scripts with the same meaning in all of them, and reproducible output.
//
// Only the program converge-pkg links it, not converge: nfpm would be a third of converge's size.
package pack
