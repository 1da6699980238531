package apt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// forceRemoval removes from apt's request a broken package that is to be removed and cannot be installed again: apt
// does nothing at all while one exists. Before a transaction the package is removed (repair.go); a plan gives apt a
// list of installed packages without it.
func (q *request) forceRemoval(it *item) error {
	it.forced = true
	data, err := q.sources.Tree.ReadFile(statusFile, maxStatus)
	if err != nil {
		return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
	}
	dir, err := q.privateFolder()
	if err != nil {
		return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
	}
	file := filepath.Join(dir, "status")
	if err := fsys.ReplacePath(file, q.withoutForced(data), fsys.Replacement{}); err != nil {
		return fmt.Errorf("cannot plan the removal of %s: %w", it.name, err)
	}
	q.lists.options = append(q.lists.options, "-o", "Dir::State::status="+strings.TrimPrefix(file, q.sources.Root), "-o", "Dir::Cache::pkgcache=")
	return nil
}

// withoutForced drops the stanzas of packages that are removed by force.
func (q *request) withoutForced(status []byte) []byte {
	forced := map[string]bool{}
	for _, it := range q.items {
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
func (q *request) addForced() {
	for _, it := range q.items {
		if it.err == nil && it.forced {
			q.ops = append(q.ops, operation{name: it.name, old: it.have.version})
		}
	}
}

// privateFolder is the folder for files of a plan, made at first use. A transaction that is solved again may need it,
// too.
func (q *request) privateFolder() (string, error) {
	if q.private != "" {
		return q.private, nil
	}
	dir, err := q.sources.MakeFolder("converge-apt-")
	q.private = dir
	return dir, err
}

// removePrivate removes it.
func (q *request) removePrivate() {
	if q.private != "" {
		_ = os.RemoveAll(q.private) // it is in a folder that is cleaned at boot
	}
}
