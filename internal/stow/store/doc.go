// Package store is the protocol by which package managers and people share one
// stow directory: the meaning of its names, the holder of a package, and how a
// package gets from one version to another so that the next program finishes a
// change killed at any moment, or takes it back.
//
// Start with [Open]; [Store.Plan] forecasts changes, [Store.Apply] makes them,
// [Store.Observe] and [Store.Packages] read the present state. All state is in
// the file system, under names that begin with one colon:
//
//	STOW/FOO/N.N            the files of version N.N of FOO
//	STOW/FOO/:config        the files of FOO that stay when versions change
//	STOW/FOO/:installed     a link to the version that the target shows
//	STOW/FOO/:stowing       a link to the goal of a change that is under way
//	STOW/FOO/:managed-by    a link to the package manager that holds FOO
//	STOW/FOO/:control/PM/   what package manager PM knows of versions of FOO
//	STOW/:target, :views/   the target of this store, and its other targets
//
// A target other than the store's own is a view: it holds its own state, below
// VIEW/.stow2/FOO, since the store may not be writable.
//
// A package without any such name is naive: it is stowed as GNU Stow does it,
// and never gets one.
//
// Package farm decides on links and package execute makes them; both come in
// through [Settings]. This package does not know the meaning of control data.
package store
