package apt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// force takes a broken package that is to be removed and cannot be installed
// again out of apt's request: apt does nothing at all while there is such a one.
// Before a transaction the package is removed (repair.go); a plan gives apt a
// list of installed packages without it.
func (j *job) force(it *item) error {
	it.forced = true
	data, err := j.p.tree.read(statusFile, maxStatus)
	if err != nil {
		return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
	}
	base := os.TempDir()
	if j.p.root != "" {
		base = filepath.Join(j.p.root, "tmp")
	}
	if j.private == "" {
		if j.private, err = os.MkdirTemp(base, "converge-apt-"); err != nil {
			return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
		}
	}
	file := filepath.Join(j.private, "status")
	if err := fsys.ReplacePath(file, j.withoutForced(data), fsys.Replacement{}); err != nil {
		return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
	}
	j.lists.options = append(j.lists.options, "-o", "Dir::State::status="+strings.TrimPrefix(file, j.p.root), "-o", "Dir::Cache::pkgcache=")
	return nil
}

// withoutForced drops the stanzas of packages that are removed by force.
func (j *job) withoutForced(status []byte) []byte {
	forced := map[string]bool{}
	for _, it := range j.items {
		if it.forced {
			forced[baseName(it.name)] = true
		}
	}
	var out []byte
	for stanza := range bytes.SplitSeq(status, []byte("\n\n")) {
		name, ok := bytes.CutPrefix(stanza, []byte("Package: "))
		name, _, _ = bytes.Cut(name, []byte("\n"))
		if !ok || !forced[string(name)] {
			out = append(append(out, stanza...), "\n\n"...)
		}
	}
	return out
}

// addForced adds the removals by force to the operations.
func (j *job) addForced() {
	for _, it := range j.items {
		if it.err == nil && it.forced {
			j.ops = append(j.ops, operation{name: it.name, old: it.have.version})
		}
	}
}

// cleanup removes what a plan has written for itself.
func (j *job) cleanup() {
	if j.private != "" {
		_ = os.RemoveAll(j.private) // it is in a folder that is cleaned at boot
	}
}
