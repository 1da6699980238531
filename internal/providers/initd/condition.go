package initd

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"converge/internal/fsys"
	"converge/internal/process"
)

// condition is whether a service runs.
type condition int

const (
	down    condition = iota
	up                // running
	crashed           // its init system counts it as started, and its process has ended
	unknown           // its script cannot report it
)

// looker finds out whether services run.
type looker struct {
	fs     *fsys.FS
	runner runner
	pids   pidFiles
}

// look determines whether a service runs. why explains the answer unknown.
func (l looker) look(ctx context.Context, w wanted, s script) (c condition, why string, err error) {
	if !s.isThere() {
		return down, "", nil
	}
	if s.native {
		c, known, err := l.readOpenRC(s)
		if err != nil || known {
			return c, "", err
		}
	}
	r, err := l.runner.run(ctx, s, "status", w.timeout)
	if err != nil {
		return unknown, "", fmt.Errorf("cannot tell whether service %s runs: %w%s", s.name, err, indent(r.Stdout))
	}
	c, why = judgeStatus(r, s.native)
	return c, why, nil
}

// judgeStatus returns the meaning of the answer to status: the exit statuses are those of the LSB ("Init script
// actions"), and for a script of OpenRC's own those of openrc-run.sh.
func judgeStatus(r process.Result, native bool) (condition, string) {
	const started, inactive, gone = 0, 16, 32 // of openrc-run.sh
	switch {
	case isUsage(r):
		return unknown, "its script has no status; it answered: " + firstLine(r.Stdout)
	case r.Signal != 0:
		return unknown, "its script's status was " + r.How()
	case native && r.Status == inactive: // started, and it waits for something
		return up, ""
	case native && r.Status == gone:
		return crashed, ""
	}
	switch r.Status {
	case started:
		return up, ""
	case 1, 2, 3: // dead with a pid file, dead with a lock, stopped
		return down, ""
	}
	why := "its script's status ended with " + r.How()
	if line := firstLine(r.Stdout); line != "" {
		why += ": " + line
	}
	return unknown, why
}

// isUsage reports whether a script does not know the requested action. Its exit status does not show that: some use 3,
// which is that of a stopped service.
func isUsage(r process.Result) bool {
	out := process.Plain(r.Stdout)
	return regexp.MustCompile(`(?im)^\W*usage\b`).MatchString(out) ||
		!r.OK() && regexp.MustCompile(`(?i)unknown function|argument .*not supported`).MatchString(out)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(process.Plain(text)), "\n")
	return line
}
