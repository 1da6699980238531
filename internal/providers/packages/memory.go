package packages

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// A package whose script has failed counts as installed with rpm and pacman: they record nothing, and would never run
// the script again. So that the failure does not end with the run that saw it, it is remembered in the state folder.
// As long as the package is installed in that version it counts as broken, and the next run reinstalls it. A package
// that another program has repaired is reinstalled, too, which does no harm.
//
// A run may also end before its manager does: it was killed, or a script of the transaction restarts the service that
// the run is part of. So the manager writes its output to a file in the state folder, the record, and the next run
// reads the failures from it.

// scriptFailure is a script that has failed, or a file that could not be written.
type scriptFailure struct {
	Version string `json:"version"` // "" of a record: as it is installed
	Said    string `json:"said"`    // the manager's output

	// Unwritten means that a file could not be written.
	Unwritten bool `json:"unwritten,omitempty"`
}

func (f scriptFailure) String() string {
	if f.Unwritten {
		return "its files could not all be written: " + f.Said
	}
	return "its script has failed: " + f.Said
}

// memory keeps the failures of a manager.
type memory struct {
	dir, manager  string
	failedScripts func(output string) map[string]string // see [Manager]; nil: nothing is recorded
	unwritten     func(output string) map[string]string // see [Manager]
}

// maxMemory bounds the bytes read of the file.
const maxMemory = 4 << 20

func (m memory) file() string { return filepath.Join(m.dir, "unfinished-"+m.manager+".json") }

// load returns the failures by package, including those in records.
func (m memory) load() (map[string]scriptFailure, error) {
	if m.dir == "" {
		return nil, nil
	}
	out := map[string]scriptFailure{}
	data, err := fsys.Files{}.ReadFile(m.file(), maxMemory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case err == nil:
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read which scripts of packages have failed (%s may be removed): %w", m.file(), err)
	}
	records, err := m.records()
	if err != nil {
		return nil, err
	}
	for _, record := range records {
		data, err := fsys.Files{}.ReadFile(record, maxRecord)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another run has settled it
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read what %s printed in an earlier run (%s may be removed): %w", m.manager, record, err)
		}
		for name, said := range m.failedScripts(string(data)) {
			out[name] = scriptFailure{Said: firstLine(said)}
		}
		if m.unwritten == nil {
			continue
		}
		for name, said := range m.unwritten(string(data)) {
			out[name] = scriptFailure{Said: firstLine(said), Unwritten: true}
		}
	}
	return out, nil
}

// maxRecord bounds the bytes read of a record.
const maxRecord = 256 << 20

func (m memory) recordPrefix() string { return "printed-by-" + m.manager + "-" }

// records lists the records of runs that have not seen their end.
func (m memory) records() ([]string, error) {
	if m.failedScripts == nil {
		return nil, nil
	}
	entries, err := fsys.Files{}.ReadDir(m.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read which scripts of packages have failed: %w", err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), m.recordPrefix()) {
			out = append(out, filepath.Join(m.dir, e.Name()))
		}
	}
	return out, nil
}

// newRecord names the record of a transaction that is about to begin; "" if nothing of it is recorded.
func (m memory) newRecord() string {
	if m.dir == "" || m.failedScripts == nil {
		return ""
	}
	return filepath.Join(m.dir, m.recordPrefix()+rand.Text())
}

// forgetRecords removes records whose failures are remembered otherwise.
func (m memory) forgetRecords(records []string) error {
	for _, record := range records {
		if err := os.Remove(record); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot forget what %s printed: %w", m.manager, err)
		}
	}
	return nil
}

// save replaces the failures.
func (m memory) save(failures map[string]scriptFailure) error {
	if m.dir == "" {
		return nil
	}
	if len(failures) == 0 {
		if err := os.Remove(m.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot forget which scripts of packages have failed: %w", err)
		}
		return nil
	}
	data, err := json.Marshal(failures)
	if err == nil {
		err = fsys.ReplacePath(m.file(), data, fsys.Replacement{Mode: 0o600})
	}
	if err != nil {
		return fmt.Errorf("cannot remember which scripts of packages have failed: %w", err)
	}
	return nil
}
