package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// A command is a process group of its own, so it survives when converge is
// killed. A file in the state folder records the command and its start, and its
// recorder ([process.Recorded]) adds its end. The next run waits for such a
// command, and does not start it again if it succeeded.

// running is the folder of those files, one for each address.
const running = "running"

// Memory is where a provider records its commands. The zero value records none.
type Memory struct {
	State   string                     // the state folder
	Waiting func(string)               // called with what a run waits for
	Notice  func(string)               // called with why a command runs again
	Seal    func(digest string) string // keys the digest of a command, which may contain secrets
}

// record is the first line of such a file.
type record struct {
	At   resource.Instant `json:"at"`   // when it was started
	Does string           `json:"does"` // digest of what it does
}

// survivor is a command of a run that was killed.
type survivor struct {
	record
	process.Recorded
	name string
	runs bool
}

// Remember makes the provider record its commands, and read those that earlier
// runs left.
func (p *Provider) Remember(m Memory) {
	p.memory, p.left = m, map[string]string{}
	entries, err := os.ReadDir(filepath.Join(m.State, running))
	if err != nil {
		return // usually there is none
	}
	for _, e := range entries {
		if s, ok := p.recall(running + "/" + e.Name()); ok {
			p.left[s.Does] = s.name // it may bear another address by now
		}
	}
}

func recordName(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(running, hex.EncodeToString(sum[:16]))
}

// digestOf returns the digest of all attributes that decide what a command does.
func (p *Provider) digestOf(want *resources.ExecWant) string {
	argv, _ := want.Argv()
	env := want.Env.Value
	if env == nil {
		env = map[string]string{}
	}
	does := []any{argv, env, string(want.Cwd.Value), want.User.Value, want.Group.Value, want.Umask.Value}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", does))
	return p.memory.Seal(hex.EncodeToString(sum[:]))
}

// note begins the file of a command that is about to run; nil if none is kept. A
// command that cannot be recorded is not started, because no later run would
// know of it.
func (p *Provider) note(want *resources.ExecWant) (*os.File, error) {
	if p.memory.State == "" {
		return nil, nil
	}
	f, err := p.begin(want)
	if err != nil {
		return nil, fmt.Errorf("cannot note that it runs: %w", err)
	}
	return f, nil
}

func (p *Provider) begin(want *resources.ExecWant) (*os.File, error) {
	text, err := json.Marshal(record{At: now(), Does: p.digestOf(want)})
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(p.memory.State)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.Mkdir(running, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	name := recordName(want.Address)
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(append(text, '\n')); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// forget removes a file. One that cannot be removed names a process that has
// ended.
func (p *Provider) forget(name string) {
	if p.memory.State == "" {
		return
	}
	root, err := os.OpenRoot(p.memory.State)
	if err != nil {
		return
	}
	defer root.Close()
	_ = root.Remove(name) // see above
}

// recall reads a file; ok is false if it is damaged or of another boot.
func (p *Provider) recall(name string) (s survivor, ok bool) {
	if p.memory.State == "" || name == "" {
		return s, false
	}
	root, err := os.OpenRoot(p.memory.State)
	if err != nil {
		return s, false
	}
	defer root.Close()
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return s, false
	}
	f, err := root.Open(name)
	if err != nil {
		return s, false
	}
	defer f.Close()
	s.name, s.runs = name, process.Locked(f) // asked before the file is read, so that the text of an unlocked one is final
	text, err := io.ReadAll(f)
	if err != nil {
		return s, false
	}
	if json.NewDecoder(bytes.NewReader(text)).Decode(&s.record) != nil {
		return s, false
	}
	s.Recorded = process.ReadRecord(bytes.NewReader(text))
	s.runs = s.runs || s.Runs() // the recorder may have been killed too
	return s, s.At.Boot == now().Boot
}

// find returns the command of a killed run with the wanted address, or else with
// the same attributes under another address.
func (p *Provider) find(want *resources.ExecWant) (survivor, bool) {
	if p.memory.State == "" {
		return survivor{}, false
	}
	s, ok := p.recall(recordName(want.Address))
	if !ok {
		s, ok = p.recall(p.left[p.digestOf(want)])
	}
	return s, ok
}

// didWell reports whether a survivor has done the wanted command with success.
func (p *Provider) didWell(s survivor, want *resources.ExecWant) bool {
	return s.Ended && s.Error == "" && s.Signal == 0 && accepted(want, s.Status) && s.Does == p.digestOf(want)
}

// awaitSurvivor waits until a command that a killed run began has ended. One that
// succeeded counts as a run of the command. The command's own timeout counts from
// its start, and a command that exceeds it is ended, as the killed run would have
// done.
func (p *Provider) awaitSurvivor(ctx context.Context, want *resources.ExecWant) error {
	s, ok := p.find(want)
	if !ok {
		return nil
	}
	waited := s.runs
	if waited {
		p.memory.Waiting(fmt.Sprintf("%s still runs since %s (process %d), started by a run that was killed",
			want.Address, s.At.Wall.Format(time.TimeOnly), s.Group()))
		limit := duration(want.Timeout, time.Hour)
		if err := p.awaitEnd(ctx, &s, limit-time.Since(s.At.Wall)); err != nil {
			return err
		}
		if s.runs {
			process.EndGroup(s.Group(), process.DefaultGrace)
			p.forget(s.name)
			return fmt.Errorf("a run that was killed had started it (process %d); it took longer than %s and was ended", s.Group(), limit)
		}
	}
	p.forget(s.name)
	p.take(s, want, waited)
	return nil
}

// awaitEnd waits until a survivor has ended, or the time is over.
func (p *Provider) awaitEnd(ctx context.Context, s *survivor, limit time.Duration) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	tick := time.NewTicker(50 * time.Millisecond) // it is not a child that could be waited for
	defer tick.Stop()
	for s.runs {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over.C:
			return nil
		case <-tick.C:
		}
		now, ok := p.recall(s.name)
		if !ok {
			now.runs = false
		}
		*s = now
	}
	return nil
}

// take counts a survivor that succeeded as a run of the command; of another it
// reports why the command runs again. A command with always = true counts for
// this run only if this run waited for it and has changed nothing since its
// start.
func (p *Provider) take(s survivor, want *resources.ExecWant, waited bool) {
	address := want.Address
	always := want.Always.Value
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.didWell(s, want):
		if !always || waited && !p.changed {
			p.ran[address] = s.At
		}
	case s.PID == 0 || always && !waited || want.HasGuard() || s.Does != p.digestOf(want):
		// It does not run again, or for another reason.
	case s.Ended:
		p.memory.Notice(fmt.Sprintf("%s was started by a run that was killed, and failed: it is run again", address))
	default:
		p.memory.Notice(fmt.Sprintf("%s was started by a run that was killed, and how it ended is not known: it is run again", address))
	}
}

func (p *Provider) noteChange() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = true
}

// Finish implements [resource.Follower].
func (*Provider) Finish(context.Context) error { return nil }
