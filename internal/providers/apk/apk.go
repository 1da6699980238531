// Package apk drives Alpine Linux's package manager, apk-tools 2.12 to 2.14 and 3 with indexes and packages of format
// 2 (Alpine 3.12 and later).
//
// Start with [New]. It reads apk's database of installed packages and its world, the list of wanted packages, as files
// (installed.go, world.go), and the fetched indexes too (index.go). `apk add --simulate` answers what a request would
// do (simulate.go, unselectable.go); the same `apk add` does it (commit.go).
//
// apk has no marks beside its world, /etc/apk/world. A package is manually installed if the world names it, and held
// if the world names it with exactly its version ("nginx=1.26.2-r0"), which is how Alpine pins one. A version or
// "!name" that only a transaction needs in the world is removed again after it; a killed run leaves a note of it
// (pending.go).
//
// Package packages has the shared layer above this, guards and forecasts. docs/package-managers.md describes the
// tests: no apk program was available where this was written.
package apk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/version"
)

// Options select the machine and how to work on it.
type Options struct {
	tool.Options

	// MaxAge is the age from which indexes are fetched anew before anything is asked. nil: a day, and only if the
	// latest version is wanted.
	MaxAge *time.Duration
}

// Manager is apk of a machine or a tree.
type Manager struct{ *solver }

// database is the set of packages installed and wanted, in apk's files.
type database struct {
	*tool.Host
	contents contents
}

// index is what the package sources offer.
type index struct {
	*database
	maxAge tool.MaxAge

	standin tool.Standins // Cache: the indexes, Repos: a folder with repositories and keys that only a plan reads
}

// solver is the program apk, which solves and carries out.
type solver struct{ *index }

// New opens a machine or a tree. Close the manager after the last plan.
func New(o Options) (*Manager, error) {
	h, err := tool.NewHost(o.Options, tool.Family{Manager: "apk", Programs: []string{"apk"}})
	if err != nil {
		return nil, err
	}
	x := &index{database: &database{Host: h}, maxAge: tool.NewMaxAge(o.MaxAge)}
	return &Manager{&solver{x}}, nil
}

// Parts are apk's parts for package packages.
func (m *Manager) Parts() packages.Manager {
	return packages.Manager{
		Name: "apk", Compare: version.CompareAPK,
		Database: m, Index: m, Solver: m, Holds: m, Files: m,
	}
}

// Present reports whether the machine or tree has apk at all.
func (m *Manager) Present() bool {
	if _, err := m.databaseFile(); err != nil {
		return false
	}
	_, err := tool.FindProgram(m.Root, "apk")
	return err == nil
}

// maxCacheAge prevents `apk add` from fetching indexes itself, in minutes: the run does what the plan has shown.
const maxCacheAge = "--cache-max-age=525600"

// argv returns a command of apk that uses the indexes, repositories and keys that a plan uses.
func (x *index) argv(args ...string) []string {
	argv := []string{"apk", "--no-progress"}
	standin := x.standin.Now()
	if standin.Cache != "" {
		argv = append(argv, "--cache-dir="+standin.Cache)
	}
	if standin.Repos != "" {
		argv = append(argv, "--repositories-file="+standin.Repos+"/repositories", "--keys-dir="+standin.Repos+"/keys")
	}
	return append(argv, args...)
}

// run runs apk, which writes nothing.
func (s *solver) run(ctx context.Context, args ...string) (tool.Result, error) {
	return s.Run(ctx, tool.Command{Argv: s.argv(args...)})
}

// runWriting runs apk for a change, once no other one is at work.
func (s *solver) runWriting(ctx context.Context, args ...string) (tool.Result, error) {
	argv := append([]string{"apk", "--no-progress", maxCacheAge}, args...)
	return s.RunLocked(ctx, s.locks(), lostRace, tool.Command{Argv: argv, Keep: true, Line: s.reportLine})
}

// reportLine passes on the lines that describe the progress.
func (d *database) reportLine(line string) {
	if _, ok := parseOperation(line); ok || strings.HasPrefix(line, "fetch ") {
		d.ReportProgress("%s", line)
	}
}

// lostRace reports whether apk failed because another one had the lock, before it did anything.
func lostRace(r tool.Result) bool {
	return tool.Refusal{Says: []string{"ERROR: Unable to lock database"}, Does: []string{"(", "Executing "}}.IsOf(r)
}

// failure is the complaint of a failed apk, in one line.
func failure(r tool.Result) error {
	var list []string
	for line := range strings.Lines(r.Stdout + "\n" + r.Stderr) {
		if msg, ok := strings.CutPrefix(strings.TrimSpace(line), "ERROR: "); ok {
			list = append(list, msg)
		}
	}
	switch said := tool.LastLines(r.Stderr+r.Stdout, 3); {
	case len(list) > 0:
		return errors.New(strings.Join(list, "; "))
	case said != "":
		return errors.New(strings.ReplaceAll(said, "\n", "; "))
	}
	return fmt.Errorf("apk ended with status %d and no word", r.Status)
}
