// Package tool runs the programs of package managers, one after the other with other programs that hold their locks,
// and reports what they do.
//
// Start with [Host]. Its programs get no questions and no input; a transaction that has begun is completed. Inside a
// service of systemd it runs in a scope of its own (scope.go), so that a package's script may restart the service that
// converge is part of, and the next run takes it up (resume.go). [Host.RunLocked] waits for locks, names their holders
// (lock.go) and tries again if another program was faster (race.go).
//
// It knows no package manager: the folders of the providers have the commands of each, and the code that reads its
// output.
package tool

import (
	"fmt"
	"time"

	"converge/internal/fsys"
)

// Options configure where programs run and where messages are sent.
type Options struct {
	// Root is the tree to work on, "" or "/" for the machine itself. A tree is
	// worked on with its own programs, by chroot, so it must have them.
	Root string

	// LockTimeout bounds the wait for another program's lock; 0 means 10
	// minutes, less than 0 no wait.
	LockTimeout time.Duration

	// Progress receives the progress, one line at a time; nil: it is dropped. It may be called from any goroutine.
	Progress func(msg string)

	// Waiting receives the holder of a lock during the wait for it, and Notice
	// messages for a person that do not stop the work; nil: they are dropped. Both
	// may be called from any goroutine.
	Waiting, Notice func(msg string)

	// Runner runs the programs; nil: for real. Tests set another.
	Runner Runner
}

// Host is a machine or a tree in which programs of a package manager run.
type Host struct {
	Tree     fsys.Files
	Root     string        // "" is the machine itself
	Patience time.Duration // longest wait for a lock
	Runner

	progress, waiting, notice func(string)
}

// NewHost opens a machine or a tree. The error is that the tree cannot be opened.
func NewHost(o Options, f Family) (*Host, error) {
	t, err := fsys.OpenFiles(o.Root)
	if err != nil {
		return nil, err
	}
	h := &Host{
		Tree: t, Root: t.Root(), Patience: o.LockTimeout, Runner: o.Runner,
		progress: orDiscard(o.Progress), waiting: orDiscard(o.Waiting), notice: orDiscard(o.Notice),
	}
	if h.Patience == 0 {
		h.Patience = 10 * time.Minute
	}
	if h.Runner == nil {
		h.Runner = NewSystem(h.Root, f)
	}
	return h, nil
}

func orDiscard(tell func(string)) func(string) {
	if tell == nil {
		return func(string) {}
	}
	return tell
}

// ReportProgress reports progress.
func (h *Host) ReportProgress(format string, args ...any) { h.progress(fmt.Sprintf(format, args...)) }

// SendNotice sends a notice for people.
func (h *Host) SendNotice(format string, args ...any) { h.notice(fmt.Sprintf(format, args...)) }
