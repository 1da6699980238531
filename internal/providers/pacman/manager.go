// Package pacman drives the package manager of Arch Linux.
//
// Start with [New]. The installed packages are read from pacman's own database, a folder with a file for each package
// (installed.go); the offers from the fetched databases of the repositories and from the packages in pacman's cache
// (sync.go, offers.go). pacman itself is asked for the dependencies of an installation. Conflicting packages, and
// dependents of removed ones, are computed here, because `pacman --print` does not show them (simulate.go,
// universe.go).
//
// pacman cannot install and remove in one transaction, nor mix packages of a repository with package files. So a
// request takes up to three: from repositories, from files, and removals last (commit.go). Holds are IgnorePkg in
// pacman.conf (conf.go, holds.go). A killed pacman leaves its lock, and a package without its description: repair.go
// repairs that.
//
// Package packages has the shared layer above this, guards and forecasts.
package pacman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/version"
)

// Options select the machine and how to work on it.
type Options struct {
	tool.Options

	// MaxAge is the age from which the databases of the repositories are fetched anew before anything is asked. nil: a
	// day, and only if the latest version is wanted.
	MaxAge *time.Duration
}

// Manager is the pacman of a machine or a tree.
type Manager struct {
	*tool.Host
	maxAge tool.MaxAge
	confs  confs
	told   sync.Map // notices that were sent

	standin tool.Standins // Cache: the folder of databases, Repos: the configuration that only a plan reads
}

// Present reports whether the machine or tree has pacman.
func (m *Manager) Present() bool {
	_, err := tool.FindProgram(m.Root, "pacman")
	return err == nil
}

// index is the offer of the repositories and of pacman's cache.
type index struct{ *Manager }

// solver plans and makes transactions.
type solver struct{ index }

const confFile = "/etc/pacman.conf"

// New opens a machine or a tree.
func New(o Options) (*Manager, error) {
	h, err := tool.NewHost(o.Options, tool.Family{Manager: "pacman", Programs: []string{"pacman"}})
	if err != nil {
		return nil, err
	}
	return &Manager{Host: h, maxAge: tool.NewMaxAge(o.MaxAge)}, nil
}

// Parts are pacman's parts for package packages.
func (m *Manager) Parts() packages.Manager {
	return packages.Manager{
		Name: "pacman", Compare: version.ComparePacman, SavedSuffix: ".pacsave", FailedScripts: failedScripts, Unwritten: findUnwritten,
		Database: m, Index: index{m}, Solver: solver{index{m}}, Holds: m, Files: m,
	}
}

// Locks are the locks of this machine's package database: see [tool.Blocked].
func Locks() []tool.Lock { return (&Manager{Host: &tool.Host{}}).locks() }

// locks returns the lock of libalpm: a file that it makes, keeps open and removes.
func (m *Manager) locks() []tool.Lock {
	c, err := m.readConf()
	if err != nil {
		c = &conf{} // pacman cannot read it either
	}
	return []tool.Lock{tool.OpenLock(m.Tree, c.lockFile())}
}

// Close removes the databases that plans have fetched.
func (m *Manager) Close() error {
	return m.DropPrivate(&m.standin)
}

// Stamp implements [packages.Database]: every change makes or removes a folder, except for marks, whose file is
// replaced inside one. So the folders' own times do not suffice, and pacman.conf has the holds.
func (m *Manager) Stamp(context.Context) (string, error) {
	c, err := m.readConf()
	if err != nil {
		return "", err
	}
	if _, err := m.Tree.Stat(c.localDir()); err != nil && (!errors.Is(err, fs.ErrNotExist) || !m.Present()) {
		return "", err
	}
	return m.stampOf(append([]string{c.localDir(), c.logFile(), c.lockFile()}, c.files...)...), nil
}

// changed is when a file was last changed in any way: its own time may be that of its server.
func changed(info os.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctim.Unix())
	}
	return info.ModTime()
}

func inode(info os.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// ask runs a pacman command that writes nothing.
func (m *Manager) ask(ctx context.Context, args ...string) (tool.Result, error) {
	argv := []string{"pacman"}
	standin := m.standin.Now()
	if standin.Cache != "" {
		argv = append(argv, "--dbpath", standin.Cache)
	}
	if standin.Repos != "" {
		argv = append(argv, "--config", standin.Repos)
	}
	return m.Run(ctx, tool.Command{Argv: append(argv, args...)})
}

// lostRace reports whether pacman failed because another program had the lock, before it did anything.
func lostRace(r tool.Result) bool {
	return tool.Refusal{
		Says: []string{
			"error: failed to init transaction (unable to lock database)",
			"error: failed to synchronize all databases (unable to lock database)",
		},
		Does: append(operationLines(), "(", ":: Processing package changes", ":: Running "),
	}.IsOf(r)
}

// operationLines returns the beginnings of the lines that pacman prints when it begins with a package.
func operationLines() []string {
	return []string{"installing ", "upgrading ", "reinstalling ", "downgrading ", "removing "}
}

// failure is the complaint of a failed pacman, in one line.
func failure(r tool.Result) error {
	var list []string
	for line := range strings.Lines(r.Stdout + "\n" + r.Stderr) {
		if msg, ok := strings.CutPrefix(strings.TrimSpace(line), "error: "); ok {
			list = append(list, msg)
		} else if msg, ok := strings.CutPrefix(strings.TrimSpace(line), ":: "); ok && !strings.HasSuffix(msg, "...") && !strings.Contains(msg, "[Y/n]") && !strings.Contains(msg, "[y/N]") {
			list = append(list, msg)
		}
	}
	switch said := tool.LastLines(r.Stderr+r.Stdout, 3); {
	case len(list) > 0:
		return errors.New(strings.Join(list, "; "))
	case said != "":
		return errors.New(strings.ReplaceAll(said, "\n", "; "))
	}
	return fmt.Errorf("pacman ended with status %d and no word", r.Status)
}
