// Package dnf drives dnf, the package manager of Fedora, RHEL and their kin, in its
// version 4.
//
// Start with [New], which gives the parts of a [packages.Manager]. The installed
// packages are read from rpm by one process (database.go); what the repositories offer
// is asked of `dnf repoquery` once for all names (offers.go), from the cache, whose age
// is compared with the .repo files (stale.go, repos.go). A transaction is one run of
// `dnf shell`, which takes installations, removals and package files together
// (script.go): to simulate it, its table is listed and read (simulate.go, table.go,
// problems.go); to commit it, it is run (commit.go). Holds are entries in the list of
// the plugin versionlock (locklist.go).
//
// dnf's own exit status proves little: `dnf shell` ends with 0 after any failure. So the
// output decides, and output of an unknown form is an error.
//
// A tree under a root is worked on with its own dnf, by chroot; one without dnf is
// refused.
package dnf

import (
	"fmt"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
	"converge/internal/version"
)

// Options select the machine of a [Manager] and how to work on it.
type Options struct {
	tool.Options

	// MaxAge is the age from which the index is fetched anew before dnf is asked anything. nil: a day, and only if the
	// latest version is wanted.
	MaxAge *time.Duration
}

// Manager is dnf of a machine or a tree.
type Manager struct{ *machine }

// New opens a machine or a tree. Close the manager after the last plan.
func New(o Options) (*Manager, error) {
	h, err := tool.NewHost(o.Options, tool.Family{Manager: "dnf", Programs: []string{"dnf", "dnf-3", "rpm"}})
	if err != nil {
		return nil, err
	}
	h.Runner = shellRunner{h.Runner}
	return &Manager{&machine{Host: h, rpm: rpm.Reader{Host: h}, marks: &marks{}, maxAge: tool.NewMaxAge(o.MaxAge)}}, nil
}

// Parts are dnf's parts for package packages.
func (m *Manager) Parts() packages.Manager {
	d := &database{m.machine}
	return packages.Manager{
		Name: "dnf", Compare: version.CompareRPM, CutArch: rpm.CutArch, SavedSuffix: rpm.SavedSuffix, FailedScripts: failedScripts,
		Database: d, Index: index{m.machine}, Solver: solver{m.machine}, Holds: holds{d}, Files: files{m.machine},
	}
}

// Present reports whether the machine or tree has dnf at all.
func (m *Manager) Present() bool {
	_, err := tool.FindProgram(m.Root, "dnf")
	return err == nil
}

// machine is a host with dnf.
type machine struct {
	*tool.Host
	rpm    rpm.Reader
	maxAge tool.MaxAge

	marks     *marks
	history   rpm.Cache[string] // digests of dnf's history: see stampHistory
	offers    rpm.Cache[[]offer]
	solutions rpm.Cache[answer]

	standin tool.Standins
}

// argv is a command of dnf. It never asks nor waits for locks: exit_on_lock lets us
// wait, and name the holder.
func (m *machine) argv(args ...string) []string {
	argv := []string{"dnf", "--color=never", "--debuglevel=2", "--errorlevel=3", "--setopt=exit_on_lock=1"}
	v := m.standin.Now()
	if v.Cache != "" {
		argv = append(argv, "--setopt=cachedir="+v.Cache)
	}
	if v.Repos != "" {
		argv = append(argv, "--setopt=reposdir="+v.Repos)
	}
	return append(argv, args...)
}

// locks are the locks that delay a transaction: dnf's own and rpm's.
func (m *machine) locks() []tool.Lock {
	return append([]tool.Lock{
		tool.PidLock(m.Tree, "/var/lib/dnf/rpmdb_lock.pid"),
		tool.PidLock(m.Tree, "/var/cache/dnf/metadata_lock.pid"),
		tool.PidLock(m.Tree, "/var/cache/dnf/download_lock.pid"),
	}, m.rpm.Locks()...)
}

// stampIndex changes whenever the index or the configuration of dnf does.
func (m *machine) stampIndex(s settings) string {
	stamp := m.standin.Now().Cache + rpm.StampFiles(m.Host, mainFile, lockPluginFile, lockListFile)
	for _, r := range s.repos {
		at, err := index{m}.fetchTime(s.cache, r.ID)
		stamp += fmt.Sprintln(r.ID, at.UnixNano(), err, r.Changed.UnixNano())
	}
	return stamp
}

// Locks are the locks of dnf and rpm on this machine: see [tool.Blocked].
func Locks() []tool.Lock {
	h := &tool.Host{}
	return (&machine{Host: h, rpm: rpm.Reader{Host: h}}).locks()
}

// indexLocks are the locks that delay a reader of the index.
func (m *machine) indexLocks() []tool.Lock {
	return []tool.Lock{tool.PidLock(m.Tree, "/var/cache/dnf/metadata_lock.pid")}
}
