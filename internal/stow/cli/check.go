package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// checkTarget is chkstow for a known stow directory: the directory may have any name, and needs no marker to be skipped.
func (r *run) checkTarget(ctx context.Context) error {
	c := checker{opener: r.opener, list: r.cmd.Check, skip: r.at.stow, named: r.packageAt}
	if r.cmd.Check == BadLinks {
		if err := r.withStore(func() error { return r.printUnknownNames(ctx) }); err != nil {
			return err
		}
	}
	return c.walkTree(ctx, r.at.target)
}

// printUnknownNames prints names in packages that begin with a colon, like those of the protocol, but are unknown: a
// mistake, or of a later version.
func (r *run) printUnknownNames(ctx context.Context) error {
	all, err := r.st.Packages(ctx)
	for _, p := range all {
		for _, name := range p.Unknown {
			fmt.Fprintln(r.Stdout, "Unknown name: "+path.Join(r.at.stow, p.Package, name))
		}
	}
	return err
}

// gnuNamed returns the package's name in a link's text if the text leads through a directory called "stow" directly
// after the last ".."; else the first part of the text, unchecked.
func gnuNamed(_, text string) string {
	rest := text
	for strings.HasPrefix(rest, "../") {
		rest = rest[3:]
	}
	if below, ok := strings.CutPrefix(rest, "stow/"); ok && len(rest) < len(text) {
		text = below
	}
	name, _, _ := strings.Cut(text, "/")
	if name == ".." {
		return ""
	}
	return name
}

// checker walks a target and prints one of the lists.
type checker struct {
	*opener
	list  List
	skip  string                         // a directory to skip
	named func(path, text string) string // the package that a link leads to, or ""
	found map[string]bool
}

func (c *checker) walkTree(ctx context.Context, dir string) error {
	c.found = map[string]bool{}
	top := c.absPath(dir)
	if _, err := os.Stat(top); err != nil {
		c.warn("Can't stat " + dir + ": " + reasonOf(err))
		return nil
	}
	if err := c.checkDir(ctx, top, strings.TrimSuffix(dir, "/"), ""); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.found)) {
		fmt.Fprintln(c.Stdout, name)
	}
	return nil
}

// checkDir checks all entries of a directory: real is its path, shown the path in messages, rel the path from the
// target.
func (c *checker) checkDir(ctx context.Context, real, shown, rel string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if real == c.skip {
		return nil
	}
	for _, marker := range []string{".stow", ".notstowed"} {
		if _, err := os.Stat(real + "/" + marker); err == nil {
			c.warn("skipping " + shown)
			return nil
		}
	}
	list, err := os.ReadDir(real)
	if err != nil {
		c.warn("Can't opendir(" + shown + "): " + reasonOf(err))
		return nil
	}
	for _, e := range list {
		name := e.Name()
		if e.IsDir() {
			if err := c.checkDir(ctx, real+"/"+name, shown+"/"+name, path.Join(rel, name)); err != nil {
				return err
			}
			continue
		}
		c.checkEntry(real+"/"+name, shown+"/"+name, path.Join(rel, name), e.Type()&fs.ModeSymlink != 0)
	}
	return nil
}

func (c *checker) checkEntry(real, shown, rel string, link bool) {
	switch {
	case c.list == Aliens && !link:
		fmt.Fprintln(c.Stdout, "Unstowed file: "+shown)
	case c.list == BadLinks && link:
		if _, err := os.Stat(real); err != nil {
			fmt.Fprintln(c.Stdout, "Bogus link: "+shown)
		}
	case c.list == Packages && link:
		text, err := os.Readlink(real)
		if err != nil {
			return
		}
		if name := c.named(rel, text); name != "" {
			c.found[name] = true
		}
	}
}

// reasonOf returns an error's cause in the words of the C library.
func reasonOf(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	s := errno.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}
