// Package packages makes packages match their declarations, with any package manager: it turns changes into one
// request, has the manager's own solver answer it, refuses what the plan did not show, has it carried out in one
// transaction and compares the outcome.
//
// Start with [New] and [Manager], the parts of a package manager that differ; each is a folder beside this one (dnf,
// zypper, pacman, apk). apt has a provider of its own, which is older and knows more. A change becomes an item
// (item.go), offers give it a version (offers.go), the manager's solver answers all words together (solve.go), the
// plan shows the answer (forecast.go), and what it did not show is refused (guard.go, contradiction.go). After the
// transaction (transact.go) the database shows the result of each (outcome.go). Scripts that failed are remembered if
// the manager does not (memory.go). A plan uses the repositories that the same run sets up (preview.go); the plan for
// a removed repository names the packages that the removal leaves without a source (origins.go). An index determines
// the latest version (newest.go). This package runs no program itself: package tool does.
package packages

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Manager is a package manager, by its parts. Versions are texts in the
// manager's own full form ("1:2.0-3", "2.0-r1").
type Manager struct {
	Name    string                // as in the attribute provider: "dnf"
	Compare func(a, b string) int // the family's order of versions

	// CutArch cuts the architecture off a name in a manifest ("glibc.i686"); ok is false if the name has none. nil:
	// names of this manager never have one.
	CutArch func(name string) (base, arch string, ok bool)

	// SavedSuffix is what the manager appends to the name of a changed configuration
	// file when it removes the package (".rpmsave"); "": it leaves the file under its
	// own name. A purge removes those files.
	SavedSuffix string

	// FailedScripts finds in the output of Commit's program the packages whose scripts have failed, with the scripts'
	// output; nil: the database knows it. The output may end anywhere.
	FailedScripts func(output string) map[string]string

	// Unwritten finds in the same output the packages that count as installed although a file could not be written,
	// with the messages about that; nil: there are none.
	Unwritten func(output string) map[string]string

	Database Database
	Index    Index
	Solver   Solver
	Holds    Holds
	Files    Files
}

// Database reads the installed packages.
type Database interface {
	// Stamp returns a text that differs whenever the database was written since. It
	// costs a few stats.
	Stamp(ctx context.Context) (string, error)

	// ReadInstalled reads all installed packages in one pass: from the database's files if their format is stable,
	// else by one process.
	ReadInstalled(ctx context.Context) ([]Package, error)
}

// Package is an installed package.
type Package struct {
	Name, Version, Arch string

	Provides    []Provided // further names that it provides
	Held        bool       // the manager keeps it at its version
	HeldAtOther bool       // of Held: at another version than the installed one
	Automatic   bool       // it is a dependency of another one, and counts as unneeded without that
	Essential   bool       // the manager refuses to remove it
	Broken      string     // why it counts as not wholly installed; "" if it is
}

// Provided is a name that a package provides; Version may be "".
type Provided struct{ Name, Version string }

// Index is the offer of the package sources.
type Index interface {
	// ListOffers returns all that is offered under the names: by packages of that
	// name and by others that provide it, the manager's choice first.
	ListOffers(ctx context.Context, names []string) (map[string][]Offer, error)

	// WhyStale explains why the index should be fetched before it is asked: changed sources or, if the latest version
	// is wanted, its age. "": it is fresh.
	WhyStale(ctx context.Context, latest bool) (string, error)

	// Refresh fetches the index of every source once. With private it uses a folder of the caller's and leaves the
	// machine as it is, so that a plan can use it; later calls of the index and the solver read that one.
	Refresh(ctx context.Context, private bool) error
}

// Offer is a package that could be installed.
type Offer struct {
	Name, Version, Arch, Source string // Source: the repository, or a file in the manager's cache

	// Virtual: the package provides the asked name in version Provides ("": without
	// a version), and has another.
	Virtual  bool
	Provides string
}

// Solver is the manager's own solver.
type Solver interface {
	// Simulate returns what the request would do, and changes nothing. The solution has the impossible words, by
	// index, not the error. Holds of packages that a word names do not count, neither here nor in Commit.
	Simulate(ctx context.Context, r Request) (Solution, error)

	// Commit carries the request out in one transaction, waiting for the manager's lock. It first completes or undoes
	// what a killed manager has left (stale locks, files of half installed packages). The error describes the failure.
	// It includes a failed script of a package if the manager's exit status hides it ([ScriptError]), names the failed
	// packages, as far as the manager reports them ([PackagesError]), and shows whether package files were not
	// available as the index names them ([FetchError]). The database shows the changes that were made despite the
	// error. An end of ctx by anything but its deadline does not stop a transaction.
	Commit(ctx context.Context, r Request) error
}

// Request is a whole transaction.
type Request struct {
	Words []Word

	// AllowRemovals and AllowDowngrades are what the transaction may do to packages that no word names. A manager
	// without such options is checked instead: by Simulate before, by the database after.
	AllowRemovals, AllowDowngrades bool

	// Removals are the packages that no word names and that the plan removes; for Commit.
	Removals []string

	// Record is a file for the manager's output in Commit (tool.Command.Record); "": none.
	Record string
}

// Word is one wanted change.
type Word struct {
	Name, Version string // Version "": the manager's choice
	Arch          string // a foreign architecture; "": the machine's own
	Source        string // where the version is offered, as in [Offer]; "": anywhere
	File          string // a local package file instead; absolute
	Remove, Purge bool   // Purge: with changed configuration files
	Reinstall     bool   // the same version once more, because it is broken
	Downgrade     bool   // an older version than the installed one is allowed
	Recommends    *bool  // whether weak dependencies are installed; nil: as the manager is configured
}

// EachRecommends yields whether each word that is no removal wants weak dependencies.
func (r Request) EachRecommends(yield func(*bool) bool) {
	for _, w := range r.Words {
		if !w.Remove && !yield(w.Recommends) {
			return
		}
	}
}

// Solution is the answer to a request.
type Solution struct {
	Operations []Operation
	Failed     map[int]error // words that cannot be done as asked, by index; the operations are of none then
}

// Operation is the operation on one package.
type Operation struct {
	Name, Arch string
	Old, New   string // versions; Old "": installed, New "": removed; equal: installed once more
}

// Holds keeps packages at their versions.
type Holds interface {
	// SetHolds holds (true) and releases (false) packages, all at once, and returns
	// when all are as asked.
	SetHolds(ctx context.Context, holds map[string]bool) error

	// SetAutomatic sets the marks of packages that are dependencies of others.
	SetAutomatic(ctx context.Context, automatic map[string]bool) error
}

// Releaser is a [Holds] that can tell before a transaction that it will not be able to release a package.
type Releaser interface {
	// CheckRelease returns why a package, in the version that it has or will have ("": not known yet), cannot be
	// released; nil if it can, or nothing holds it.
	CheckRelease(p Package) error
}

// Files reads package files, and the contents of packages.
type Files interface {
	// ListContents returns the contents of installed packages, all together: by one process at most.
	ListContents(ctx context.Context, ps ...Package) (Contents, error)

	// ReadPackageFile returns the contents of a package file. The path is absolute.
	ReadPackageFile(ctx context.Context, path string) (Package, error)
}

// Contents are paths that packages own, absolute.
type Contents struct {
	Paths  []string
	Config []string // those of Paths that are configuration files
}

// PackagesError is the error of a transaction that failed with some packages: their
// files conflict with others', they could not be fetched, a script refused. Others may
// have been left out only because of these.
type PackagesError struct {
	Err      error
	Packages map[string]string // name → the manager's output
}

func (e *PackagesError) Error() string { return e.Err.Error() }

func (e *PackagesError) Unwrap() error { return e.Err }

// FetchError is the error of a transaction that failed because package files were not available as the index names
// them: they are missing, or differ. The repository may have changed since its index was fetched, so that a new index
// helps.
type FetchError struct{ Err error }

func (e *FetchError) Error() string { return e.Err.Error() }

func (e *FetchError) Unwrap() error { return e.Err }

// ScriptError is the error of a transaction in which the scripts of packages
// failed although the packages were installed.
type ScriptError struct {
	Packages map[string]string // name → the manager's output

	// Unwritten are those of which not a script has failed: files could not be written.
	Unwritten map[string]bool
}

func (e *ScriptError) Error() string {
	var of, files []string
	for _, name := range slices.Sorted(maps.Keys(e.Packages)) {
		said := name + ": " + firstLine(e.Packages[name])
		if e.Unwritten[name] {
			files = append(files, said)
		} else {
			of = append(of, said)
		}
	}
	var parts []string
	if len(of) > 0 {
		parts = append(parts, "scripts of packages have failed: "+strings.Join(of, "; "))
	}
	if len(files) > 0 {
		parts = append(parts, "files of packages could not be written: "+strings.Join(files, "; "))
	}
	return strings.Join(parts, "; ")
}
