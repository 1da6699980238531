package apt

import (
	"context"
	"fmt"
	"strings"
	"time"

	"converge/internal/fsys"
)

// host runs the programs of apt and dpkg, on the machine or in a tree, one after
// the other with other programs that hold their locks, and reports what they do.
type host struct {
	root     string // "" is the machine itself
	tree     fsys.Files
	patience time.Duration // longest wait for a lock
	progress func(string)
	waiting  func(string)
	notice   func(string)
	exec     runner
	debs     debs
}

func orDiscard(tell func(string)) func(string) {
	if tell == nil {
		return func(string) {}
	}
	return tell
}

// reportProgress reports progress.
func (h *host) reportProgress(format string, args ...any) { h.progress(fmt.Sprintf(format, args...)) }

// sendNotice tells what a person should know.
func (h *host) sendNotice(format string, args ...any) { h.notice(fmt.Sprintf(format, args...)) }

// runLocked runs a program that needs locks: it waits until they are free, and
// again if another program was faster, until patience is over.
func (h *host) runLocked(ctx context.Context, locks []string, c command) (result, error) {
	end := time.Now().Add(h.patience)
	for {
		if err := h.waitLocks(ctx, max(0, time.Until(end)), locks...); err != nil {
			return result{}, err
		}
		res, err := h.exec.run(ctx, c)
		if err != nil || res.status == 0 || !lostRace(res) || !time.Now().Before(end) {
			return res, err
		}
	}
}

// lostRace reports whether a program failed only because another one had taken a
// lock; it has done nothing then.
func lostRace(res result) bool {
	for line := range strings.Lines(res.stdout + "\n" + res.stderr) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "E: Could not get lock ") || strings.HasPrefix(line, "E: Unable to acquire the dpkg frontend lock") ||
			strings.HasPrefix(line, "dpkg: error: dpkg frontend lock was locked") || strings.HasPrefix(line, "dpkg: error: dpkg database lock was locked") ||
			strings.HasPrefix(line, "dpkg: error: dpkg frontend lock is locked") || strings.HasPrefix(line, "dpkg: error: dpkg status database is locked") {
			return true
		}
	}
	return false
}

// progressLine passes on the lines of apt and dpkg that say what they are
// about to do.
func (h *host) progressLine() func(string) {
	return func(line string) {
		for _, prefix := range []string{"Get:", "Unpacking ", "Setting up ", "Removing ", "Purging ", "Processing triggers "} {
			if strings.HasPrefix(line, prefix) {
				h.reportProgress("%s", strings.TrimSuffix(strings.TrimSpace(line), " ..."))
				return
			}
		}
	}
}
