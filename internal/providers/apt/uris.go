package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// A plan asks `apt-get --print-uris` where it can. apt-get solves that as it solves a simulation,
// but it does not then look for an order of the steps, which takes it more time than all the
// rest. The answer is a list of the packages that come and of those that go; the versions of
// the latter are in dpkg's status. In these cases a simulation is asked instead, or as well:
//
//   - A package that is there changes its version. The order matters then: apt may find
//     none, or one in which the package is removed in between.
//   - A package that is held is removed: apt-get asks, and with -y it fails.
//   - dpkg left a package unfinished: apt would finish it, which the answer does not name.
//   - A change is refused. The first refusal is the one that is reported, and that depends
//     on the order.
//   - apt-get fails, or prints anything else than what parsePrinted knows.

// askSolution asks apt-get what it would do with the words, by its shorter answer if that suffices.
func (j *job) askSolution(ctx context.Context, words []string) ([]operation, []problem, error) {
	if j.brief && !changesPresent(j.items) && !j.db.isUnfinished() {
		s, err := j.askPrinted(ctx, words)
		if j.ops = s.ops; err == nil && !j.refusesAny() {
			j.unneeded = s.unneeded
			return s.ops, nil, nil
		}
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
	}
	return j.simulateWords(ctx, words)
}

// changesPresent reports whether an installed package gets another version, or is held and to be removed.
func changesPresent(items []*item) bool {
	return slices.ContainsFunc(items, func(it *item) bool {
		return it.err == nil && it.word != "" && !it.have.isGone() && (!it.removes || it.have.isHeld())
	})
}

// isUnfinished reports whether dpkg was interrupted, or left a package neither installed nor removed.
func (d *database) isUnfinished() bool {
	return d.interrupted || slices.ContainsFunc(d.pkgs, func(p pkg) bool { return !p.isInstalled() && !p.isGone() })
}

// refusesAny reports whether any of the operations is refused.
func (j *job) refusesAny() bool {
	o, _ := j.findContradiction()
	return o != nil || j.guardEssential() != nil || slices.ContainsFunc(j.ops, func(o operation) bool {
		it := j.itemOf(o.name)
		return it != nil && it.checkOperation(o) != nil
	})
}

// printed is the answer of `apt-get --print-uris -V`.
type printed struct {
	ops      []operation // without the versions of removed packages
	unneeded []string    // see parseUnneeded
}

// askPrinted asks apt-get, which takes no lock, to print what it would do. It gives apt a copy of its marks: apt
// writes there even then if a named package has been installed automatically and there is nothing else to do.
func (j *job) askPrinted(ctx context.Context, words []string) (printed, error) {
	dir, err := j.privateFolder()
	if err != nil {
		return printed{}, err
	}
	marks, err := j.sources.copyMarks(dir)
	if err != nil {
		return printed{}, err
	}
	argv := append([]string{"apt-get", "--print-uris", "-y", "-V", "-q=1"}, writesNothing()...)
	argv = append(append(argv, "-o", "Dir::State::extended_states="+marks), j.lists.options...)
	argv = append(append(argv, j.solverOptions()...), "install", "--")
	res, err := j.sources.Run(ctx, tool.Command{Argv: append(argv, words...)})
	if err != nil {
		return printed{}, err
	}
	if res.Status != 0 {
		return printed{}, errors.New(firstErrors(res))
	}
	s, err := parsePrinted(res.Stdout)
	if err == nil {
		err = j.db.addPresent(s.ops)
	}
	return s, err
}

// copyMarks copies the marks of packages into a private folder, and returns the name of the
// copy as apt sees it.
func (h *host) copyMarks(dir string) (string, error) {
	file := filepath.Join(dir, "extended_states")
	data, err := h.Tree.ReadFile(marksFile, maxStatus)
	if err == nil {
		err = fsys.ReplacePath(file, data, fsys.Replacement{Mode: 0o644})
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return strings.TrimPrefix(file, h.Root), nil
}

// addPresent gives the packages their names in the database, and adds the versions of removed ones.
func (d *database) addPresent(ops []operation) error {
	for i, o := range ops {
		ops[i].name = d.nameOf(o.name)
		have, _ := d.findByName(o.name)
		if o.removes() == have.isGone() {
			return fmt.Errorf("apt and dpkg do not agree about %s", o.name)
		}
		ops[i].old = have.presentVersion()
	}
	return nil
}

// parsePrinted reads the answer of `apt-get --print-uris -V`: lists, a package a line, and
// how many packages there are in them.
//
//	The following packages will be REMOVED:
//	   NAME (CANDIDATE)
//	The following NEW packages will be installed:
//	   NAME (VERSION)
//	0 upgraded, 1 newly installed, 1 to remove and 4 not upgraded.
//	'URI' FILE SIZE HASH
//
// NAME* is purged. Other lines are prose, but for those that are about packages that are
// neither new nor removed: they are an error, as is a number that is not that of its list.
func parsePrinted(out string) (printed, error) {
	var s printed
	var take func(name, version string) error
	entry, counted := regexp.MustCompile(`^   ([a-z0-9][a-z0-9+.:-]*\*?)(?: \(([^ ()]+)\))?$`), ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if take != nil && strings.HasPrefix(line, " ") {
			m := entry.FindStringSubmatch(line)
			if m == nil {
				return s, fmt.Errorf("%q is no entry of a list", line)
			}
			if err := take(m[1], m[2]); err != nil {
				return s, err
			}
			continue
		}
		take = s.listAfter(line)
		switch {
		case strings.Contains(line, " newly installed, "):
			counted += line
		case strings.HasSuffix(line, " not fully installed or removed."), strings.HasPrefix(line, "The following held packages "), strings.HasPrefix(line, "WARNING: "):
			return s, errors.New(line)
		}
	}
	return s, s.checkCount(counted)
}

// listAfter returns the function for the entries of the list below a line; nil if no relevant list follows.
func (s *printed) listAfter(line string) func(name, version string) error {
	switch {
	case line == "The following packages will be REMOVED:":
		return func(name, _ string) error {
			name, purge := strings.CutSuffix(name, "*")
			s.ops = append(s.ops, operation{name: name, purge: purge})
			return nil
		}
	case line == "The following NEW packages will be installed:":
		return func(name, version string) error {
			if version == "" || strings.HasSuffix(name, "*") {
				return fmt.Errorf("%s is to be installed in no version", name)
			}
			s.ops = append(s.ops, operation{name: name, new: version})
			return nil
		}
	case strings.Contains(line, "automatically installed and ") && strings.HasSuffix(line, ":"):
		return func(name, _ string) error {
			s.unneeded = append(s.unneeded, name)
			return nil
		}
	}
	return nil
}

// checkCount compares the lists with the line that counts them.
func (s *printed) checkCount(line string) error {
	m := regexp.MustCompile(`^0 upgraded, (\d+) newly installed, (\d+) to remove and \d+ not upgraded\.$`).FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("%q does not count new and removed packages alone", line)
	}
	removed := 0
	for _, o := range s.ops {
		if o.removes() {
			removed++
		}
	}
	if m[1] != strconv.Itoa(len(s.ops)-removed) || m[2] != strconv.Itoa(removed) {
		return fmt.Errorf("%d packages are listed, and not as many as in %q", len(s.ops), line)
	}
	return nil
}
