package packages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"converge/internal/fsys"
)

// A package whose script has failed counts as installed with rpm, pacman and apk: they
// record nothing, and would never run the script again. So that the failure does not
// end with the run that saw it, it is remembered in the state folder. As long as the
// package is there in that version it counts as broken, and the next run installs
// it once more. What another program repairs is installed once more too, which
// does no harm.

// scriptFailure is a script that has failed.
type scriptFailure struct {
	Version string `json:"version"`
	Said    string `json:"said"` // what the manager printed
}

// memory keeps the failures of a manager.
type memory struct{ dir, manager string }

// maxMemory bounds the bytes read of it.
const maxMemory = 4 << 20

func (m memory) file() string { return filepath.Join(m.dir, "unfinished-"+m.manager+".json") }

// load returns the failures by package.
func (m memory) load() (map[string]scriptFailure, error) {
	if m.dir == "" {
		return nil, nil
	}
	data, err := fsys.Files{}.ReadFile(m.file(), maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out map[string]scriptFailure
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read which scripts of packages have failed (%s may be removed): %w", m.file(), err)
	}
	return out, nil
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
