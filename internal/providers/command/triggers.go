package command

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// A command with triggers is needed when one of them differs from the last success of the command. A file in the state
// folder has digests of those values, by site and address, with the key of the state folder: they may be secrets.

// triggered is the name of that file.
const triggered = "triggers.json"

// maxTriggers is the size in bytes above which the file is not read.
const maxTriggers = 64 << 20

// triggers are the recorded values of the commands of one site.
type triggers struct {
	memory Memory

	mu   sync.Mutex
	read bool
	all  map[string]map[string]string // digests by name of the trigger, by site and address
}

// key returns the name of a command's record.
func (t *triggers) key(want *resources.ExecWant) string { return t.memory.Site + " " + want.Address }

// listChanged returns, in order, the names of the triggers that have changed since the command last succeeded, or are
// missing now; first means that no success with triggers is known.
func (t *triggers) listChanged(want *resources.ExecWant) (changed []string, first bool, err error) {
	if !want.Triggers.Set {
		return nil, false, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.readFile(); err != nil {
		return nil, false, err
	}
	was, ok := t.all[t.key(want)]
	now := t.digest(want)
	names := maps.Clone(now)
	maps.Copy(names, was)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, before := was[name]
		b, after := now[name]
		if a != b || before != after {
			changed = append(changed, name)
		}
	}
	return changed, !ok, nil
}

// isChanged reports whether the triggers ask for a run.
func (t *triggers) isChanged(want *resources.ExecWant) (bool, error) {
	changed, first, err := t.listChanged(want)
	return first && want.Triggers.Set || len(changed) > 0, err
}

// record notes that the command has succeeded with its triggers.
func (t *triggers) record(want *resources.ExecWant) error {
	if !want.Triggers.Set {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.readFile(); err != nil {
		return err
	}
	now := t.digest(want)
	if was, ok := t.all[t.key(want)]; ok && maps.Equal(was, now) {
		return nil
	}
	t.all[t.key(want)] = now
	return t.write()
}

// forget drops the records of commands that the site no longer declares.
func (t *triggers) forget(declared func(resource.Addr) bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.readFile(); err != nil {
		return err
	}
	before := len(t.all)
	maps.DeleteFunc(t.all, func(key string, _ map[string]string) bool {
		name, own := strings.CutPrefix(key, t.memory.Site+" ")
		addr, err := resource.ParseAddr(name)
		return own && err == nil && !declared(addr)
	})
	if len(t.all) == before {
		return nil
	}
	return t.write()
}

func (t *triggers) write() error {
	if t.memory.State == "" {
		return nil
	}
	text, err := json.Marshal(t.all)
	if err == nil {
		err = fsys.ReplacePath(filepath.Join(t.memory.State, triggered), append(text, '\n'), fsys.Replacement{Mode: 0o600, Exact: true, Sync: true})
	}
	if err != nil {
		return fmt.Errorf("cannot note with which triggers it ran: %w", err)
	}
	return nil
}

// readFile reads the file once in a run.
func (t *triggers) readFile() error {
	if t.read {
		return nil
	}
	t.all = map[string]map[string]string{}
	path := filepath.Join(t.memory.State, triggered)
	if t.memory.State != "" {
		info, err := os.Stat(path)
		if err == nil && info.Size() > maxTriggers {
			err = errors.New("it is larger than 64 MiB")
		}
		var text []byte
		if err == nil {
			text, err = os.ReadFile(path)
		}
		if err == nil {
			err = json.Unmarshal(text, &t.all)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot read %s, which has the triggers of commands; without it, all of them run again: %w", path, err)
		}
		if t.all == nil {
			t.all = map[string]map[string]string{}
		}
	}
	t.read = true
	return nil
}

// digest returns the keyed digests of a command's triggers.
func (t *triggers) digest(want *resources.ExecWant) map[string]string {
	out := make(map[string]string, len(want.Triggers.Value))
	for name, value := range want.Triggers.Value {
		sum := sha256.Sum256([]byte(value))
		digest := hex.EncodeToString(sum[:])
		if t.memory.Seal != nil {
			digest = t.memory.Seal(digest)
		}
		out[name] = digest
	}
	return out
}

// describe returns why the triggers ask for a run, as a clause; "" if they do not.
func (t *triggers) describe(want *resources.ExecWant) string {
	changed, first, err := t.listChanged(want)
	switch {
	case err != nil || !want.Triggers.Set:
		return ""
	case first:
		return "it has not run with these triggers yet: " + strings.Join(slices.Sorted(maps.Keys(want.Triggers.Value)), ", ")
	case len(changed) == 1:
		return "the trigger " + changed[0] + " has changed"
	case len(changed) > 1:
		return "the triggers " + strings.Join(changed, ", ") + " have changed"
	}
	return ""
}
