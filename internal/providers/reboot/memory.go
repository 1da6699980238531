package reboot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"converge/internal/fsys"
)

// memoryFile is the name of the file in the state folder with the last reboot that
// converge has made or was about to make.
const memoryFile = "reboot"

// memory is the record of that reboot. The zero value is that of a host that
// converge never rebooted.
type memory struct {
	Boot     string    `json:"boot"` // in which it was made
	At       time.Time `json:"at"`
	Causes   []string  `json:"causes,omitempty"`   // addresses of the resources that requested it
	Required []string  `json:"required,omitempty"` // why the host itself required it

	// After is the boot that followed, by the first run in it.
	After *after `json:"after,omitempty"`
}

// after is what the first run after a reboot found.
type after struct {
	Boot     string   `json:"boot"`
	Run      string   `json:"run"`
	Survived []string `json:"survived,omitempty"` // what was a cause of the reboot, and is one again
}

// keeper keeps the memory in the state folder.
type keeper struct {
	state  string // the folder
	run    string // "": nothing is noted
	clock  *clock
	memory *memory // nil: not read yet
}

// isPending reports whether the reboot was not made, as of this boot: the run was killed
// before it, or a person has cancelled it.
func (m *memory) isPending(boot string) bool { return m.Boot == "" || m.Boot == boot }

// recall reads the memory once in a run.
func (k *keeper) recall() (*memory, error) {
	if k.memory != nil {
		return k.memory, nil
	}
	path, m := filepath.Join(k.state, memoryFile), &memory{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	} else if err == nil {
		err = json.Unmarshal(text, m)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read when the host was rebooted last: %s: %w; remove the file to go on without it", path, err)
	}
	k.memory = m
	return m, nil
}

// store writes the memory.
func (k *keeper) store(m *memory) error {
	k.memory = m
	text, err := json.Marshal(m)
	if err == nil {
		err = fsys.ReplacePath(filepath.Join(k.state, memoryFile), append(text, '\n'), fsys.Replacement{Mode: 0o600, Exact: true, Sync: true})
	}
	if err != nil {
		return fmt.Errorf("cannot note when the host is rebooted: %w", err)
	}
	return nil
}

// noteBoot notes the first run after a reboot: only what it finds can have survived that.
func (k *keeper) noteBoot() error {
	m, err := k.recall()
	boot := k.clock.boot()
	if err != nil || k.run == "" || boot == "" || m.isPending(boot) || m.After != nil {
		return err
	}
	next := *m
	next.After = &after{Boot: boot, Run: k.run}
	return k.store(&next)
}

// survivors returns those of the causes that have survived the last reboot. The first run
// after it finds and notes them; later runs in that boot go by what it noted.
func (k *keeper) survivors(causes []string) ([]string, error) {
	m, err := k.recall()
	boot := k.clock.boot()
	if err != nil || boot == "" || m.isPending(boot) {
		return nil, err
	}
	found := after{Boot: boot, Run: k.run}
	if m.After != nil {
		found = *m.After
	}
	if found.Boot != boot {
		return nil, nil
	}
	was := found.Survived
	if found.Run == k.run {
		was = append(slices.Clone(m.Causes), m.Required...)
	}
	var out []string
	for _, c := range causes {
		if slices.Contains(was, c) {
			out = append(out, c)
		}
	}
	if k.run == "" || found.Run != k.run || len(out) == 0 {
		return out, nil
	}
	next := *m
	found.Survived = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(found.Survived), out...))))
	next.After = &found
	return out, k.store(&next)
}
