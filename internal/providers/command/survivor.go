package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/resources"
)

// A command is a process group of its own, so it survives when converge is
// killed. While a command runs, a file in the state folder records it; the next
// run finds that file and waits for the command instead of starting it again.

// running is the folder of those files, one for each address.
const running = "running"

// record is the content of such a file.
type record struct {
	Boot  string    `json:"boot"`
	Since time.Time `json:"since"`
	PID   int       `json:"pid"`             // 0: it was about to be started
	Start uint64    `json:"start,omitempty"` // of the process, as proc(5) has it: numbers of processes are used again
	Argv  string    `json:"argv,omitempty"`  // digest
}

// Remember makes the provider record running commands in the folder state. It
// calls waiting with the name of a command that a run waits for. seal keys the
// digest of the command, which may contain secrets; nil leaves it unkeyed.
func (p *Provider) Remember(state string, waiting func(string), seal func(string) string) {
	p.state, p.waiting, p.seal = state, waiting, seal
	p.left = p.listLeft()
}

// listLeft is what earlier runs left, by the digest of its words: a command may
// bear another address by now.
func (p *Provider) listLeft() map[string]string {
	entries, err := os.ReadDir(filepath.Join(p.state, running))
	if err != nil {
		return nil // usually there is none
	}
	left := map[string]string{}
	for _, e := range entries {
		name := running + "/" + e.Name()
		if r, ok := p.recall(name); ok {
			left[r.Argv] = name
		}
	}
	return left
}

func recordName(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(running, hex.EncodeToString(sum[:16]))
}

func (p *Provider) digestOf(argv []string) string {
	sum := sha256.Sum256([]byte(strings.Join(argv, "\x00")))
	digest := hex.EncodeToString(sum[:])
	if p.seal == nil {
		return digest
	}
	return p.seal(digest)
}

// note records a running command. A command that cannot be recorded is not
// started, because no later run would know of it.
func (p *Provider) note(address string, r record) error {
	if p.state == "" {
		return nil
	}
	root, err := os.OpenRoot(p.state)
	if err != nil {
		return fmt.Errorf("cannot note that it runs: %w", err)
	}
	defer root.Close()
	if err := root.Mkdir(running, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot note that it runs: %w", err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("cannot note that it runs: %w", err)
	}
	name := recordName(address)
	if err := root.WriteFile(name+".new", text, 0o600); err != nil {
		return fmt.Errorf("cannot note that it runs: %w", err)
	}
	if err := root.Rename(name+".new", name); err != nil {
		return fmt.Errorf("cannot note that it runs: %w", err)
	}
	return nil
}

// forget removes the record. One that cannot be removed names a process that has
// ended.
func (p *Provider) forget(name string) {
	if p.state == "" {
		return
	}
	root, err := os.OpenRoot(p.state)
	if err != nil {
		return
	}
	defer root.Close()
	_ = root.Remove(name) // see above
}

// recall reads the note; ok is false if there is none that counts.
func (p *Provider) recall(name string) (r record, ok bool) {
	if p.state == "" || name == "" {
		return r, false
	}
	root, err := os.OpenRoot(p.state)
	if err != nil {
		return r, false
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return r, false
	}
	text, err := root.ReadFile(name)
	if err != nil || json.Unmarshal(text, &r) != nil {
		return r, false
	}
	at, err := now()
	return r, err == nil && r.Boot == at.Boot
}

// awaitSurvivor waits for the command of a killed run. waited is false if there
// is none. The command's own timeout counts from its start, and a command that
// exceeds it is ended, as the killed run would have done.
func (p *Provider) awaitSurvivor(ctx context.Context, want cty.Value) (waited bool, err error) {
	address := resources.StringAttr(want, "address")
	name := recordName(address)
	r, ok := p.recall(name)
	if !ok { // moved or renamed since
		argv, _ := resources.Argv(want, "command")
		name = p.left[p.digestOf(decoded(argv))]
		r, ok = p.recall(name)
	}
	if !ok {
		return false, nil
	}
	if r.PID == 0 {
		r.PID, r.Start = p.findProcess(r)
	}
	if !alive(r) {
		p.forget(name)
		return false, nil
	}
	if p.waiting != nil {
		p.waiting(fmt.Sprintf("%s still runs since %s (process %d), started by a run that was killed", address, r.Since.Format(time.TimeOnly), r.PID))
	}
	limit := duration(want, "timeout", time.Hour)
	tick := time.NewTicker(50 * time.Millisecond) // it is nobody's child that could be waited for
	defer tick.Stop()
	for alive(r) {
		if time.Since(r.Since) > limit {
			process.EndGroup(r.PID, process.DefaultGrace)
			p.forget(name)
			return true, fmt.Errorf("a run that was killed had started it (process %d); it took longer than %s and was ended", r.PID, limit)
		}
		select {
		case <-ctx.Done():
			return true, context.Cause(ctx)
		case <-tick.C:
		}
	}
	p.forget(name)
	return true, nil
}

// alive reports whether the process is the one that was started, and runs.
func alive(r record) bool {
	if r.PID <= 1 {
		return false
	}
	s, ok := statOf(r.PID)
	return ok && s.start == r.Start && s.state != "Z" && s.state != "X"
}

// stat holds the needed fields of /proc/PID/stat.
type stat struct {
	state string
	group int
	start uint64 // clock ticks after boot
}

// statOf reads "PID (NAME) STATE PARENT GROUP … START …"; the name may hold
// anything. START is the 22nd field of proc(5).
func statOf(pid int) (stat, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	return parseStat(data)
}

func parseStat(data []byte) (stat, bool) {
	f := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(f) < 20 {
		return stat{}, false
	}
	group, errG := strconv.Atoi(string(f[2]))
	start, errS := strconv.ParseUint(string(f[19]), 10, 64)
	return stat{string(f[0]), group, start}, errG == nil && errS == nil
}

// findProcess looks for the command of a run that was killed between starting
// it and noting which process it is: the leader of a group, of the same words.
func (p *Provider) findProcess(r record) (pid int, start uint64) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, 0
	}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		s, ok := statOf(n)
		if !ok || s.group != n {
			continue
		}
		words, err := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if err != nil || p.digestOf(strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")) != r.Argv {
			continue
		}
		if started, err := os.Stat("/proc/" + e.Name()); err == nil && !started.ModTime().Before(r.Since.Add(-2*time.Second)) {
			return n, s.start
		}
	}
	return 0, 0
}
