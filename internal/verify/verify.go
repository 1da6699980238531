// Package verify runs the checks that manifests name for new contents, before these replace the present ones.
//
// A check that names {path} is about one file: it gets the path of the candidate ([Checker.CheckFile]). Any other check
// is about the set of all files that are written together: it runs in a mount namespace that shows every candidate, link
// and removal of the group at its own path, with its future mode and owner. So "nginx -t", "visudo -c" and "sshd -t"
// judge the future state.
//
// A provider stages its changes in a group of [fsys.FS.Begin], and calls [Checker.Commit] instead of the group's Commit.
// It runs each command once for a set, and leaves out the refused changes. For a plan, the provider passes all of its
// changes to [Checker.Declare] in Solve, and calls [Checker.Forecast] in Review. With a root that is not "/", a check
// runs inside, by the tree's own programs. If no namespace can be made, Commit puts the changes in place, checks them
// there, and undoes the refused ones; a change with a strict check is left out instead.
//
// The room knows no kinds, and does not decide on the content of files.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
)

const (
	// timeout is generous for a syntax check, and ends a check that waits for input.
	timeout   = 2 * time.Minute
	maxOutput = 16 << 10 // bytes of output in an error
)

// ErrRefused is wrapped by the error of a check that has judged a content.
var ErrRefused = errors.New("does not accept the new content")

// Check is a command that must accept a change.
type Check struct {
	Argv   []string // as in attributes; {path} stands for a candidate
	Path   string   // of the file, for messages
	Verb   string   // the step that a refusal prevents: "replace"
	Secret string   // why its output is not shown: "the content is sensitive"; "": it is shown
	Absent bool     // it accepts if its program does not exist, because the program that would use the file is not installed
	Strict bool     // the content must not take effect before it accepts: a bad one could lock users out
	Env    []string // "NAME=value", besides the environment of all programs
}

// NamesPath reports whether the command is about one candidate.
func (c Check) NamesPath() bool { return NamesPath(c.Argv) }

// NamesPath reports whether a command names {path}.
func NamesPath(argv []string) bool {
	return slices.ContainsFunc(argv, func(a string) bool { return strings.Contains(a, "{path}") })
}

// Checker runs checks below one root. It may be used by many goroutines.
type Checker struct {
	fs     *fsys.FS
	inside bool
	idle   bool
	plans  plans
}

// NewIdle returns a Checker that runs nothing, for a plan of a machine that is not this one. Each check is then a note
// of the plan.
func NewIdle(fs *fsys.FS) *Checker { return &Checker{fs: fs, idle: true} }

// idleNote returns the note about a check that an idle Checker does not run.
func (Check) idleNote() string {
	return "not checked by verify: " + process.ErrForbidden.Error()
}

// New returns a Checker. If inside is set, checks run inside the root, by its own programs.
func New(fs *fsys.FS, inside bool) *Checker { return &Checker{fs: fs, inside: inside} }

// Inside reports whether checks run inside the root.
func (k *Checker) Inside() bool { return k.inside }

// HostPath returns the host's path of a path in the root that contains no links.
func (k *Checker) HostPath(path string) string {
	root, err := filepath.EvalSymlinks(k.fs.Root())
	if err != nil {
		return k.fs.HostPath(path)
	}
	return filepath.Join(root, path)
}

// CheckFile runs a check on one candidate, a file of the host. warnings are its warnings if it accepts.
func (k *Checker) CheckFile(ctx context.Context, c Check, candidate string) (warnings []string, err error) {
	if k.idle {
		return []string{c.idleNote()}, nil
	}
	cmd, err := k.command(c)
	name := candidate
	if err == nil && k.inside {
		name, err = k.nameInside(candidate)
		if err == nil {
			cmd.Path, err = k.findInside(cmd.Argv[0])
		}
	}
	if err != nil {
		return nil, c.errorOf(answer{err: err})
	}
	for i, a := range cmd.Argv {
		cmd.Argv[i] = strings.ReplaceAll(a, "{path}", name)
	}
	a := judge(ctx, cmd)
	a.output = strings.ReplaceAll(a.output, name, c.Path)
	return c.listWarnings(a), c.errorOf(a)
}

// checkSet runs a check that sees the files of the overlay; without any, the present files.
func (k *Checker) checkSet(ctx context.Context, c Check, overlay []process.Overlaid) answer {
	cmd, err := k.command(c)
	if err == nil && k.inside && len(overlay) == 0 {
		cmd.Path, err = k.findInside(cmd.Argv[0])
	}
	if err != nil {
		return answer{err: err}
	}
	cmd.Overlay = overlay
	return judge(ctx, cmd)
}

// command returns the command of a check.
func (k *Checker) command(c Check) (process.Command, error) {
	cmd := process.Command{Timeout: timeout, Grace: time.Second, Output: maxOutput, Env: process.With(process.Environment(), c.Env...)}
	for _, a := range c.Argv {
		cmd.Argv = append(cmd.Argv, resource.DecodeBytes(a))
	}
	if k.inside {
		if os.Geteuid() != 0 {
			return cmd, fmt.Errorf("only root can run %s inside %s", cmd.Argv[0], k.fs.Root())
		}
		cmd.Root = k.fs.Root()
		cmd.Env = process.With(process.Environment(), slices.Concat([]string{"PATH=" + process.DefaultPath, "HOME=/root"}, c.Env)...)
	}
	return cmd, nil
}

// answer is the result of a check. The zero value accepts.
type answer struct {
	program string
	err     error
	refused bool // it has judged the content
	output  string
}

// judge runs the command of a check.
func judge(ctx context.Context, cmd process.Command) answer {
	r, err := process.Run(ctx, cmd)
	a := answer{program: cmd.Argv[0], err: err}
	var late *process.Overdue
	switch {
	case err == nil && r.OK():
	case err == nil:
		a.err, a.refused = errors.New(r.How()), true
	case errors.As(err, &late):
		a.err, a.refused = fmt.Errorf("it took longer than %s", timeout), true
	case ctx.Err() != nil:
	case errors.Is(err, process.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		a.err = resource.Missing(err)
	}
	if a.output = strings.TrimSpace(r.Stdout); a.output == "" {
		a.output = "(no output)"
	}
	return a
}

// errorOf returns the answer as the error of one change; nil if it accepts.
func (c Check) errorOf(a answer) error {
	switch {
	case a.err == nil, errors.Is(a.err, context.Canceled):
		return a.err
	case c.Absent && errors.Is(a.err, resource.ErrMissing):
		return nil
	case !a.refused:
		return c.errorOfNone(a.err)
	case c.Secret != "": // the output may quote the secret
		return fmt.Errorf("cannot %s %q: %s %w: %w; its output is not shown, because %s", c.Verb, c.Path, a.program, ErrRefused, a.err, c.Secret)
	}
	return fmt.Errorf("cannot %s %q: %s %w: %w\n%s", c.Verb, c.Path, a.program, ErrRefused, a.err, a.output)
}

// errorOfNone returns the error of a change whose check did not run.
func (c Check) errorOfNone(err error) error {
	if errors.Is(err, resource.ErrMissing) {
		err = fmt.Errorf("cannot verify %q: %w", c.Path, err)
		return resource.Lacking(err, "program:"+c.Argv[0], `install what brings it first, or declare that: package "NAME"`)
	}
	return fmt.Errorf("cannot verify %q: %w", c.Path, err)
}

// errorOfUnchecked returns the error of a change with a strict check that cannot run before the change takes effect;
// unable is the reason.
func (c Check) errorOfUnchecked(unable error) error {
	return fmt.Errorf("cannot %s %q: it must be checked before it is in place, because a mistake in it may lock out even root, and %s cannot check all files together: %w; "+
		"a verify that names {path} checks the file alone", c.Verb, c.Path, resource.DecodeBytes(c.Argv[0]), unable)
}

// nameInside returns the path of a tree's file inside the tree.
func (k *Checker) nameInside(file string) (string, error) {
	root, err := filepath.EvalSymlinks(k.fs.Root())
	if err != nil {
		return "", err
	}
	inside, ok := strings.CutPrefix(file, root+"/")
	if !ok {
		return "", fmt.Errorf("the new content is in %s, which is not in %s: a mount point cannot be checked inside", file, root)
	}
	return "/" + inside, nil
}

// findInside finds a program in the tree.
func (k *Checker) findInside(name string) (string, error) {
	if strings.Contains(name, "/") {
		_, err := k.fs.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return "", resource.Missing(fmt.Errorf("there is no program %s inside %s", name, k.fs.Root()))
		}
		return name, err
	}
	for dir := range strings.SplitSeq(process.DefaultPath, ":") {
		info, err := k.fs.Stat(dir + "/" + name)
		if err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			return dir + "/" + name, nil
		}
	}
	return "", resource.Missing(fmt.Errorf("cannot find program %q on the PATH inside %s", name, k.fs.Root()))
}
