// Package config makes and updates the :config of packages: the files that stay
// when versions change.
//
// Start with [Ensure], [Update] and [Make]. It neither stows nor unstows: a link
// into :config is made as any other, by package store.
package config
