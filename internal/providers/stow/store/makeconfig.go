package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"converge/internal/fsys"
)

// MakeConfig runs "make config CONFIG_DIR=STOW/FOO/:config" in the tree of a
// version, by its disk name, if there is a makefile that says how. Whether it
// does is told by its text: to ask make would already run what is in it. It
// runs a program of the package's makers with the rights of the caller, so it
// is for callers that were asked to.
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
	root, err := openTree(d, version)
	if err != nil || root == nil {
		return false, err
	}
	defer func() { _ = root.Close() }()
	// The names that make looks for, in its order; the first one counts.
	for _, name := range [...]string{"GNUmakefile", "makefile", "Makefile"} {
		if t, err := image.Leads(name); err != nil || t != fsys.Regular {
			continue
		}
		f, err := root.Open(name)
		if err != nil {
			return false, err
		}
		has, err := hasConfigRule(f)
		f.Close()
		if err != nil || !has {
			return false, err
		}
		top := s.dir.Path() + "/" + foo
		cmd := exec.CommandContext(ctx, "make", "-C", top+"/"+version, "config", "CONFIG_DIR="+top+"/"+Config)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Run(); err != nil {
			return true, fmt.Errorf("cannot configure %s/%s: make config: %w", foo, version, err)
		}
		return true, nil
	}
	return false, nil
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
