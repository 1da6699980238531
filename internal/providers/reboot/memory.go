package reboot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
)

// memoryFile is the name of the file in the state folder with the last reboot that converge has made or was about to
// make.
const memoryFile = "reboot"

// memory is the record of that reboot. The zero value belongs to a host that converge never rebooted.
type memory struct {
	Boot string    `json:"boot"` // the boot in which it was made
	At   time.Time `json:"at"`

	// Causes are the addresses of the resources that requested it, by their site. Those of a site are forgotten when a
	// run of it succeeds in a later boot: until then a repeated cause has survived the reboot.
	Causes map[string]reasons `json:"causes,omitempty"`

	// Required are the reasons for which the host itself required it. A reason is forgotten when a run in a later boot
	// finds it gone.
	Required reasons `json:"required,omitempty"`
}

// reasons are the reasons of reboots, each with the time of the last one.
type reasons map[string]time.Time

// anySite is the site of causes that were noted before converge kept them by site. They count for each site, until a
// run of any succeeds.
const anySite = ""

// UnmarshalJSON also reads the format of earlier versions: lists, all of the one reboot.
func (m *memory) UnmarshalJSON(text []byte) error {
	type current memory
	err := json.Unmarshal(text, (*current)(m))
	if err == nil {
		return nil
	}
	var old struct {
		Boot             string
		At               time.Time
		Causes, Required []string
	}
	if json.Unmarshal(text, &old) != nil {
		return err
	}
	*m = memory{Boot: old.Boot, At: old.At, Required: reasons(nil).with(old.Required, old.At)}
	if len(old.Causes) > 0 {
		m.Causes = map[string]reasons{anySite: reasons(nil).with(old.Causes, old.At)}
	}
	return nil
}

// keeper keeps the memory in the state folder.
type keeper struct {
	state  string // the folder
	run    string // "": nothing is noted
	site   string // the site of the run
	clock  *clock
	memory *memory // nil: not read yet
}

// isPending reports whether the reboot has not happened as of this boot: the run was killed before it, or a person has
// cancelled it.
func (m *memory) isPending(boot string) bool { return m.Boot == "" || m.Boot == boot }

// recall reads the memory once per run.
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

// isFollowed reports whether the host has booted since the reboot, so that its causes can have survived it.
func (k *keeper) isFollowed(m *memory) bool {
	boot := k.clock.boot()
	return boot != "" && !m.isPending(boot)
}

// remember notes a reboot that is about to be made. It keeps the causes of earlier ones that were not seen to be gone:
// another site may have requested them.
func (k *keeper) remember(at time.Time, causes, required []string) error {
	m, err := k.recall()
	if err != nil {
		return err
	}
	next := memory{Boot: k.clock.boot(), At: at.UTC(), Causes: maps.Clone(m.Causes), Required: m.Required.with(required, at)}
	if all := m.Causes[k.site].with(causes, at); len(all) > 0 {
		if next.Causes == nil {
			next.Causes = map[string]reasons{}
		}
		next.Causes[k.site] = all
	}
	return k.store(&next)
}

// with returns the reasons together with more of them, for a reboot at that time.
func (r reasons) with(more []string, at time.Time) reasons {
	all := reasons{}
	maps.Copy(all, r)
	for _, why := range more {
		all[why] = at.UTC()
	}
	return all
}

// among returns the reasons that are in a list.
func (r reasons) among(list []string) reasons {
	out := reasons{}
	for _, why := range list {
		if at, ok := r[why]; ok {
			out[why] = at
		}
	}
	return out
}

// describe returns the reasons, joined by sep, and the time of the last reboot for one of them.
func (r reasons) describe(sep string) (list, at string) {
	return strings.Join(slices.Sorted(maps.Keys(r)), sep), slices.MaxFunc(slices.Collect(maps.Values(r)), time.Time.Compare).Local().Format(time.DateTime)
}

// listSurvivors returns the causes of a request that have survived the last reboot.
func (k *keeper) listSurvivors(causes []string) (reasons, error) {
	m, err := k.recall()
	if err != nil || !k.isFollowed(m) {
		return nil, err
	}
	survived := m.Causes[anySite].among(causes)
	maps.Copy(survived, m.Causes[k.site].among(causes))
	return survived, nil
}

// listStillRequired returns the host's reasons that have survived the last reboot, and forgets the others: if one
// returns, it is new.
func (k *keeper) listStillRequired(found []string) (reasons, error) {
	m, err := k.recall()
	if err != nil || !k.isFollowed(m) {
		return nil, err
	}
	left := m.Required.among(found)
	if k.run == "" || len(left) == len(m.Required) {
		return left, nil
	}
	next := *m
	next.Required = left
	return left, k.store(&next)
}

// forgetCauses forgets the site's causes of the last reboot, because a run of it has succeeded since.
func (k *keeper) forgetCauses() error {
	m, err := k.recall()
	if err != nil || k.run == "" || !k.isFollowed(m) || len(m.Causes[k.site])+len(m.Causes[anySite]) == 0 {
		return err
	}
	next := *m
	next.Causes = maps.Clone(m.Causes)
	delete(next.Causes, k.site)
	delete(next.Causes, anySite)
	return k.store(&next)
}
