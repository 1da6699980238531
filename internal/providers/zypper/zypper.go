// Package zypper drives zypper, the package manager of openSUSE and SLES.
//
// Start with [New], and [Manager.Parts] for package packages. One rpm process lists the installed packages; holds and
// marks come from libzypp's files (database.go, locks.go). One `zypper search` for all names lists what the
// repositories offer (offers.go), from the cache, whose age is compared with the .repo files (stale.go). A transaction
// is one `zypper install`, which takes installations, removals (`!NAME`) and package files together (script.go), with
// --dry-run to simulate it (simulate.go) or without to commit it (commit.go). Its answer is XML (answer.go,
// problems.go).
//
// zypper runs rpm once for each package, so a killed transaction ends between two packages.
//
// A tree under a root uses its own zypper, by chroot; a tree without zypper is refused.
package zypper

import (
	"cmp"
	"fmt"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
	"converge/internal/version"
)

// Options configure a [Manager].
type Options struct {
	tool.Options

	// MaxAge is the age from which the index is fetched before zypper is used. nil: a day, and only if a resource wants
	// the latest version.
	MaxAge *time.Duration
}

// Manager is the zypper of a machine or a tree.
type Manager struct{ *machine }

// New opens a machine or a tree. Close the manager after the last plan.
func New(o Options) (*Manager, error) {
	h, err := tool.NewHost(o.Options, tool.Family{Manager: "zypper", Env: []string{"ZYPP_LOCK_TIMEOUT=0"}, Programs: []string{"zypper", "rpm"}})
	if err != nil {
		return nil, err
	}
	return &Manager{&machine{Host: h, rpm: rpm.Reader{Host: h}, maxAge: tool.NewMaxAge(o.MaxAge)}}, nil
}

// Parts returns the parts of zypper that package packages needs.
func (m *Manager) Parts() packages.Manager {
	return packages.Manager{
		Name: "zypper", Compare: version.CompareRPM, CutArch: rpm.CutArch, SavedSuffix: rpm.SavedSuffix, FailedScripts: failedScripts,
		Database: database{m.machine}, Index: index{m.machine}, Solver: solver{m.machine}, Holds: holds{m.machine}, Files: files{m.machine},
	}
}

// Present reports whether the machine or tree has zypper.
func (m *Manager) Present() bool {
	_, err := tool.FindProgram(m.Root, "zypper")
	return err == nil
}

// machine is a host with zypper.
type machine struct {
	*tool.Host
	rpm    rpm.Reader
	maxAge tool.MaxAge

	offers    rpm.Cache[[]offer]
	solutions rpm.Cache[solution]

	standin tool.Standins
}

// argv returns a zypper command that answers in XML.
func (m *machine) argv(args ...string) []string {
	return m.plainArgv(append([]string{"--xmlout"}, args...)...)
}

// plainArgv returns a zypper command. It asks no questions, and fetches no index unless the arguments do.
func (m *machine) plainArgv(args ...string) []string {
	argv := []string{"zypper", "--non-interactive", "--no-refresh"}
	v := m.standin.Now()
	if v.Cache != "" {
		argv = append(argv, "--cache-dir="+v.Cache)
	}
	if v.Repos != "" {
		argv = append(argv, "--reposd-dir="+v.Repos)
	}
	return append(argv, args...)
}

// readRepos reads the list of repositories.
func (m *machine) readRepos() ([]rpm.Repo, error) {
	return rpm.ReadRepos(m.Host, cmp.Or(m.standin.Now().Repos, reposFolder))
}

// stampIndex returns a text that changes whenever the index or libzypp's configuration does.
func (m *machine) stampIndex(repos []rpm.Repo) string {
	stamp := m.standin.Now().Cache + rpm.StampFiles(m.Host, configFile, locksFile, "/etc/zypp/zypper.conf")
	for _, r := range repos {
		at, err := index{m}.fetchTime(r)
		stamp += fmt.Sprintln(r.ID, at.UnixNano(), err, r.Changed.UnixNano())
	}
	return stamp
}

// zyppLocks returns the locks for which any zypper command waits.
func (m *machine) zyppLocks() []tool.Lock {
	return []tool.Lock{tool.PidLock(m.Tree, "/run/zypp.pid"), tool.PidLock(m.Tree, "/var/run/zypp.pid")}
}

// locks returns the locks for which a transaction waits: libzypp's own and rpm's.
func (m *machine) locks() []tool.Lock { return append(m.zyppLocks(), m.rpm.Locks()...) }

// Locks returns libzypp's locks on this machine: see [tool.Blocked].
func Locks() []tool.Lock { return (&machine{Host: &tool.Host{}}).zyppLocks() }

// Exit statuses (zypper(8), EXIT CODES).
const (
	statusLocked       = 7
	statusUpdates      = 100 // and 101, 102, 103: hints about updates and restarts
	statusRestart      = 103
	statusUnknown      = 104
	statusReposSkipped = 106
	statusScriptFailed = 107
)

// lostRace reports whether zypper failed only because another program held a lock, so that it changed nothing:
// libzypp's lock, shown by the status, or rpm's, shown by the end of its message about the first package.
func lostRace(res tool.Result) bool {
	if res.Status == 0 || res.Status == statusLocked {
		return res.Status == statusLocked
	}
	a := readAnswer(res.Stdout)
	return !a.begun && len(a.errors) > 0 && rpm.IsLockError(tool.LastLines(a.errors[0], 1))
}

// isDone reports whether a status means that everything was done.
func isDone(status int) bool {
	return status == 0 || status >= statusUpdates && status <= statusRestart || status == statusReposSkipped
}
