package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"converge/internal/process"
)

// MakeConfig runs "make config CONFIG_DIR=STOW/FOO/:config" in the tree of a
// version, by its disk name, if a makefile has that target. It searches the text
// of the makefile: to ask make would already run its commands. It runs a program
// of the package's authors with the rights of the caller, so callers need an
// explicit request for it.
//
// It is a process group of its own without a terminal, with the caller's PATH and
// HOME as its whole environment; it is ended when ctx is, or after
// [configTimeout], and its output is passed on up to [maxOutput].
func (s *Store) MakeConfig(ctx context.Context, foo, version string, out io.Writer) (ran bool, err error) {
	d, err := s.pkg(foo)
	if err != nil || d == nil {
		return false, err
	}
	defer d.Close()
	image, err := d.Follow(version)
	if err != nil {
		return false, err
	}
	defer image.Close()
	name, err := configMakefile(d, image, version)
	if err != nil || name == "" {
		return false, err
	}
	top := s.dir.Path() + "/" + foo
	if err := runMake(ctx, out, "-C", top+"/"+version, "config", "CONFIG_DIR="+top+"/"+Config); err != nil {
		return true, fmt.Errorf("cannot configure %s/%s: make config: %w", foo, version, err)
	}
	return true, nil
}

// The bounds of make.
const (
	configTimeout = 10 * time.Minute
	configGrace   = 5 * time.Second // between SIGTERM and SIGKILL
	maxOutput     = 64 << 10        // bytes
)

func runMake(ctx context.Context, out io.Writer, args ...string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, configTimeout, fmt.Errorf("it took more than %v", configTimeout))
	defer cancel()
	r, err := process.Run(ctx, process.Command{
		Argv: append([]string{"make"}, args...), Grace: configGrace, Tee: &bounded{to: out, left: maxOutput},
		Env: []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")},
	})
	if err == nil && !r.OK() {
		err = errors.New(r.How())
	}
	return err
}

// bounded passes on the beginning of what it is given.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if b.left == 0 {
		return n, nil
	}
	if len(p) >= b.left {
		p = append(p[:b.left:b.left], "\n[...]\n"...)
		b.left = len(p)
	}
	b.left -= len(p)
	_, err := b.to.Write(p)
	return n, err
}

// hasConfigRule looks for a rule with the target "config". A target that comes
// from a variable or an included file is not found.
func hasConfigRule(r io.Reader) (bool, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "#") {
			continue
		}
		targets, rest, rule := strings.Cut(line, ":")
		if !rule || strings.HasPrefix(strings.TrimLeft(rest, ":"), "=") {
			continue // no rule, or an assignment
		}
		for _, t := range strings.Fields(targets) {
			if t == "config" {
				return true, nil
			}
		}
	}
	return false, lines.Err()
}
