// Package store is the protocol by which package managers and people share one stow directory: the meaning of its names,
// the holder of a package, and the steps from one version to another. If a change is killed at any moment, the next
// program finishes or undoes it.
//
// Start with [Open]; [Store.Plan] forecasts changes, [Store.Apply] makes them, [Location.Observe] and
// [Location.Packages] read the present state. Inside, from the top down: command runs a change, recovery finishes an
// interrupted one, resolver turns changes into jobs, planner plans the links, stateWriter writes; [Location] and
// [StowDir] read a target and a stow directory.
//
// All state is in the file system, under names that begin with one colon:
//
//	STOW/FOO/N.N            the files of version N.N of FOO
//	STOW/FOO/:config        the files of FOO that stay when versions change
//	STOW/FOO/:installed     a link to the version that the target shows
//	STOW/FOO/:stowing       a link to the goal of a change that is under way
//	STOW/FOO/:managed-by    a link to the package manager that holds FOO
//	STOW/FOO/:control/PM/   control data of package manager PM about versions of FOO
//	STOW/:target, :views/   the target of this store, and its other targets
//
// Any other target is a view: it holds its own state, below VIEW/.stow2/FOO, because the store may not be writable.
//
// A package without any such name is naive: it is stowed as in GNU Stow, and never gets one.
//
// Package farm plans the links and package execute makes them, through [Settings]. This package does not read control
// data. Package config updates :config, and package views knows the other targets and their generations.
package store
