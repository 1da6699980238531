// Package store is the protocol by which package managers and people share one
// stow directory: what the names in it mean, who holds a package, and how a
// package gets from one version to another so that a kill at any moment is
// finished, or taken back, by whoever comes next.
//
// Start with [Open]; [Store.Plan] tells what changes would do, [Store.Apply]
// does them, [Store.Observe] and [Store.Packages] tell what is there. All that
// is known is in the file system, under names that begin with one colon:
//
//	STOW/FOO/N.N            the files of version N.N of FOO
//	STOW/FOO/:config        the files of FOO that stay when versions change
//	STOW/FOO/:installed     a link to the version that the target shows
//	STOW/FOO/:stowing       a link to the goal of a change that is under way
//	STOW/FOO/:managed-by    a link to the package manager that holds FOO
//	STOW/FOO/:control/PM/   what package manager PM knows of versions of FOO
//	STOW/:target, :views/   the target of this store, and its other targets
//
// A target other than the store's own is a view: it carries its state itself,
// below VIEW/.stow2/FOO, since the store may not be writable.
//
// A package without any such name is naive: it is stowed as GNU Stow does it,
// and never gets one.
//
// What is to be linked is decided by package farm and done by package execute;
// both come in through [Settings]. What control data means is not known here.
package store
