package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/process"
)

// toolTimeout bounds a program that only manages keys.
const toolTimeout = 5 * time.Minute

// errNoProgram is the cause if the tree lacks the program.
var errNoProgram = errors.New("there is no such program")

// runner runs programs: real ones, or replacements in tests.
type runner interface {
	run(ctx context.Context, path string, argv []string) (process.Result, error)
}

// system runs programs of the machine, or of the tree below root.
type system struct{ root string }

func (s system) run(ctx context.Context, path string, argv []string) (process.Result, error) {
	env := process.Environment()
	if !slices.ContainsFunc(env, func(kv string) bool { return strings.HasPrefix(kv, "HOME=") }) { // cloud-init does not set it
		env = process.With(env, "HOME=/root")
	}
	c := process.Command{Path: path, Argv: argv, Env: env, Timeout: toolTimeout, Finish: true, Split: true, EndAgents: true}
	if s.root != "/" {
		c.Root = s.root
	}
	return process.Run(ctx, c)
}

// runTool runs a program to its end, and returns its output. A status other than 0 is an error.
func (r *truster) runTool(ctx context.Context, name string, args ...string) (string, error) {
	path := ""
	for dir := range strings.SplitSeq(process.DefaultPath, ":") {
		if info, err := r.fs.Stat(dir + "/" + name); err == nil && info.Type == fsys.Regular && info.Mode&0o111 != 0 {
			path = dir + "/" + name
			break
		}
	}
	if path == "" {
		return "", fmt.Errorf("cannot run %s: %w", name, errNoProgram)
	}
	res, err := r.exec.run(ctx, path, append([]string{name}, args...))
	out := res.Stdout + res.Stderr
	switch {
	case err != nil:
		return out, fmt.Errorf("cannot run %s: %w", name, err)
	case res.Status != 0:
		said := strings.Join(strings.Fields(process.Plain(strings.ReplaceAll(strings.TrimSpace(out), "\n", " "))), " ")
		return out, fmt.Errorf("%s %s failed with status %d: %s", name, args[0], res.Status, said)
	}
	return res.Stdout, nil
}
