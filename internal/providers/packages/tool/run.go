package tool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"converge/internal/process"
	"converge/internal/resource"
)

// Command is one run of an outside program.
type Command struct {
	Argv  []string
	Stdin string
	Line  func(string) // receives each line of output while it runs; may be nil
	// Keep: an end of ctx by anything but its deadline does not stop it. A
	// running transaction is let finish, as an interrupt stops between steps only.
	Keep bool
	// Record, with Keep, is the path of a file that the output is appended to, so that a
	// later run may read it if this one does not see the end. "": none.
	Record string
	// Inherit are the program's descriptors 3, 4 and so on.
	Inherit []*os.File
}

// Result is the output of an ended program. With Keep, Stdout holds all output in its order.
type Result struct {
	Status         int
	Signal         syscall.Signal // that ended it; 0: none
	Stdout, Stderr string
}

// Runner runs programs: the machine's own in earnest, others in tests.
type Runner interface {
	Run(ctx context.Context, c Command) (Result, error)
}

// Family is the common configuration for the programs of a package manager.
type Family struct {
	Manager  string   // for people and in the names of scopes: "apt"
	Env      []string // the environment of its programs, in addition to [process.Environment]
	Programs []string // its own processes: they are stopped last, so that they record what failed
}

// System runs programs of the machine, or in the tree under a root. Make it by
// [NewSystem].
type System struct {
	family Family
	root   string
	grace  time.Duration // between asking a program to end and ending it
	limit  int           // bytes of output that are taken in, more is an error; 0: maxOutput

	unit   string // the service of systemd that converge is part of; "" if none
	scopes atomic.Int64
}

// NewSystem returns a runner for the programs of a family; root is "" for the machine itself.
func NewSystem(root string, f Family) *System {
	s := &System{family: f, root: root, grace: 5 * time.Second}
	if root == "" {
		s.unit = ownUnit()
	}
	return s
}

// maxOutput bounds the bytes taken in of a stream of output.
const maxOutput = 64 << 20

// Run directs the output to memory files rather than pipes: if converge is killed, the manager continues writing
// instead of dying in mid-transaction.
func (s *System) Run(ctx context.Context, c Command) (Result, error) {
	program, err := FindProgram(s.root, c.Argv[0])
	if err != nil {
		return Result{}, err
	}
	p := process.Command{
		Path: program, Argv: c.Argv, Env: s.environment(), Root: s.root, Stdin: c.Stdin,
		EndAgents: true, Outlive: true, Split: !c.Keep, Output: s.bound() + 1, Head: true, Finish: c.Keep, Inherit: c.Inherit,
		End: func(pid int, done <-chan struct{}) { s.endProgram(pid, c.Keep, done) },
	}
	if c.Keep && c.Record != "" {
		if p.Into = openRecord(c.Record); p.Into != nil {
			defer p.Into.Close()
		}
	}
	quiet := &muted{tell: c.Line}
	defer quiet.off.Store(true)
	if c.Line != nil {
		p.Tee = &lines{tell: quiet.passLine}
	}
	var r process.Result
	if apart, ok := s.inScope(p); ok && c.Keep {
		if r, err = s.runApart(ctx, apart); err == nil && failedToScope(r) {
			r, err = process.Run(ctx, p)
		}
	} else {
		r, err = process.Run(ctx, p)
	}
	if errors.Is(err, resource.ErrLeft) {
		return Result{Status: -1}, err
	}
	res := Result{Status: r.Status, Signal: r.Signal, Stdout: r.Stdout, Stderr: r.Stderr}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) || errors.Is(err, context.DeadlineExceeded) {
		return res, fmt.Errorf("%s was stopped: %w", c.Argv[0], err)
	}
	if err == nil {
		err = s.checkWhole(c, res)
	}
	return res, err
}

// recordRoom is the number of bytes reserved for a record on the disk: programs of a
// transaction may die of output that cannot be written, so none must be lost if the disk
// fills up.
const recordRoom = 1 << 20

// openRecord opens a file for a program's output, nil if there is no room for it: then memory is used, and a later run
// lacks the output.
func openRecord(path string) *os.File {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil
	}
	info, err := f.Stat()
	if err == nil {
		err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, info.Size(), recordRoom)
	}
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		f.Close()
		return nil
	}
	return f
}

// checkWhole refuses output that was read only in part, up to the bound: the missing rest may
// report a package that is removed, or a script that failed.
func (s *System) checkWhole(c Command, res Result) error {
	if len(res.Stdout) <= s.bound() && len(res.Stderr) <= s.bound() {
		return nil
	}
	return fmt.Errorf("cannot tell what %s did: it printed more than %d MiB", c.Argv[0], s.bound()>>20)
}

// bound is how many bytes of a stream of output are taken in.
func (s *System) bound() int { return cmp.Or(s.limit, maxOutput) }

// endProgram stops a program and all its children, until done is closed. The manager's own processes come last: when
// the hanging script of a package has ended, the manager records the package as failed and ends in good order.
func (s *System) endProgram(pid int, gently bool, done <-chan struct{}) {
	for round := 0; ; round++ {
		sig := unix.SIGTERM
		if round > 0 || !gently {
			sig = unix.SIGKILL
		}
		for _, p := range FindDescendants(pid) {
			if gently && round < 2 && s.isOwn(p) {
				continue
			}
			_ = unix.Kill(p, sig) // it may have ended already
		}
		select {
		case <-done:
			return
		case <-time.After(s.grace):
		}
	}
}

// environment is the environment of the programs: no questions, no restarts of their own.
func (s *System) environment() []string {
	env := process.Environment()
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=/") }) { // cloud-init sets none
		env = process.With(env, "HOME=/root")
	}
	return process.With(env, s.family.Env...)
}

const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// FindProgram only searches the folders of root's package tools, not PATH: a tree under a root has its own.
func FindProgram(root, name string) (string, error) {
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
