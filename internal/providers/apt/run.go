package apt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/process"
	"converge/internal/resource"
)

// command is one run of an outside program.
type command struct {
	argv  []string
	stdin string
	line  func(string) // receives each line of output while it runs; may be nil
	// keep: an end of ctx by anything but its deadline does not stop it. A
	// running dpkg transaction is let finish, as an interrupt stops between
	// steps only.
	keep bool
}

// result is the output of a program that has ended. With keep, stdout holds all
// output in its order.
type result struct {
	status         int
	stdout, stderr string
}

// runner runs programs: the machine's own in earnest, others in tests.
type runner interface {
	run(ctx context.Context, c command) (result, error)
}

// system runs programs of the machine, or in the tree under root.
type system struct {
	root  string
	grace time.Duration // between asking a program to end and ending it

	unit   string // the service of systemd that converge is part of; "" if none
	scopes atomic.Int64
}

// maxOutput bounds the bytes kept of a program's output.
const maxOutput = 64 << 20

// run has the output go to memory files rather than pipes: if converge is
// killed, apt and dpkg go on writing instead of dying of it in mid-transaction.
func (s *system) run(ctx context.Context, c command) (result, error) {
	program, err := findProgram(s.root, c.argv[0])
	if err != nil {
		return result{}, err
	}
	p := process.Command{
		Path: program, Argv: c.argv, Env: toolEnvironment(process.Environment()), Root: s.root, Stdin: c.stdin,
		Outlive: true, Split: !c.keep, Output: maxOutput, Head: true, Finish: c.keep,
		End: func(pid int, done <-chan struct{}) { s.endProgram(pid, c.keep, done) },
	}
	quiet := &muted{tell: c.line}
	defer quiet.off.Store(true)
	if c.line != nil {
		p.Tee = &lines{tell: quiet.passLine}
	}
	var r process.Result
	if apart, ok := s.inScope(p); ok && c.keep {
		if r, err = s.runApart(ctx, apart); err == nil && failedToScope(r) {
			r, err = process.Run(ctx, p)
		}
	} else {
		r, err = process.Run(ctx, p)
	}
	if errors.Is(err, resource.ErrLeft) {
		return result{status: -1}, err
	}
	res := result{status: r.Status, stdout: r.Stdout, stderr: r.Stderr}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) || errors.Is(err, context.DeadlineExceeded) {
		return res, fmt.Errorf("%s was stopped: %w", c.argv[0], err)
	}
	return res, err
}

// endProgram stops a program and all its children, until done is closed. dpkg's own
// processes come last: when the hanging maintainer script has ended, dpkg records
// the package as failed and ends in good order.
func (s *system) endProgram(pid int, gently bool, done <-chan struct{}) {
	for round := 0; ; round++ {
		sig := unix.SIGTERM
		if round > 0 || !gently {
			sig = unix.SIGKILL
		}
		for _, p := range findDescendants(pid) {
			if gently && round < 2 && isPackageTool(p) {
				continue
			}
			_ = unix.Kill(p, sig) // it may have ended by itself
		}
		select {
		case <-done:
			return
		case <-time.After(s.grace):
		}
	}
}

// toolEnvironment is what package tools run in: no questions, no restarts of their
// own.
func toolEnvironment(env []string) []string {
	set := []string{
		"DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
		"APT_LISTCHANGES_FRONTEND=none", "APT_LISTBUGS_FRONTEND=none", "UCF_FORCE_CONFFOLD=1",
		"NEEDRESTART_MODE=l", "NEEDRESTART_SUSPEND=1",
	}
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) { // cloud-init sets none
		set = append(set, "HOME=/root")
	}
	return process.With(env, set...)
}

const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// findProgram looks only where root's package tools are, not along PATH: a
// tree under a root has its own.
func findProgram(root, name string) (string, error) {
	for dir := range strings.SplitSeq(standardPath, ":") {
		if info, err := os.Stat(root + dir + "/" + name); err == nil && info.Mode()&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	if root == "" {
		return "", fmt.Errorf("cannot run %s: this machine has none", name)
	}
	return "", fmt.Errorf("cannot run %s: there is none in %q", name, root)
}

// lines passes on complete lines of its input.
type lines struct {
	tell func(string)
	part []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 {
			return len(p), nil
		}
		l.tell(lastOverwrite(string(l.part[:i])))
		l.part = l.part[i+1:]
	}
}

// lastOverwrite is what a terminal would show of a line with carriage returns.
func lastOverwrite(s string) string {
	s = strings.TrimRight(s, "\r")
	return s[strings.LastIndexByte(s, '\r')+1:]
}
