package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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
	Site    string                     // that declares the commands
}

// record is the first line of such a file.
type record struct {
	At   resource.Instant `json:"at"`   // when it was started
	Does string           `json:"does"` // digest of the command's attributes
}

// survivor is a command of a run that was killed.
type survivor struct {
	record
	process.Recorded
	name string
	runs bool
}

// records are the files of commands in the state folder.
type records struct {
	memory Memory
	now    func() resource.Instant
	left   map[string]string // names of the files of earlier runs, by the digest of the running command
}

// openRecords reads the files that earlier runs left.
func openRecords(m Memory, now func() resource.Instant) *records {
	r := &records{memory: m, now: now, left: map[string]string{}}
	entries, err := os.ReadDir(filepath.Join(m.State, running))
	if err != nil {
		return r // the usual case
	}
	for _, e := range entries {
		if s, ok := r.recall(running + "/" + e.Name()); ok {
			r.left[s.Does] = s.name // it may bear another address by now
		}
	}
	return r
}

// recordName returns the name of the file of an address.
func recordName(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(running, hex.EncodeToString(sum[:16]))
}

// digestOf returns the digest of all attributes that determine what a command does.
func (r *records) digestOf(want *resources.ExecWant) string {
	argv, _ := want.Argv()
	env := want.Env.Value
	if env == nil {
		env = map[string]string{}
	}
	does := []any{argv, env, string(want.Cwd.Value), want.User.Value, want.Group.Value, want.Umask.Value}
	if want.Triggers.Set {
		does = append(does, want.Triggers.Value)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", does))
	return r.memory.Seal(hex.EncodeToString(sum[:]))
}

// note begins the file of a command that is about to run; nil if none is kept. A command that cannot be recorded is
// not started, because no later run would know of it.
func (r *records) note(want *resources.ExecWant) (*os.File, error) {
	if r.memory.State == "" {
		return nil, nil
	}
	f, err := r.create(want)
	if err != nil {
		return nil, fmt.Errorf("cannot note that it runs: %w", err)
	}
	return f, nil
}

func (r *records) create(want *resources.ExecWant) (*os.File, error) {
	text, err := json.Marshal(record{At: r.now(), Does: r.digestOf(want)})
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(r.memory.State)
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

// forget removes a file. A file that cannot be removed names a process that has ended.
func (r *records) forget(name string) {
	if r.memory.State == "" {
		return
	}
	root, err := os.OpenRoot(r.memory.State)
	if err != nil {
		return
	}
	defer root.Close()
	_ = root.Remove(name) // see above
}

// recall reads a file; ok is false if it is damaged or of another boot.
func (r *records) recall(name string) (s survivor, ok bool) {
	if r.memory.State == "" || name == "" {
		return s, false
	}
	root, err := os.OpenRoot(r.memory.State)
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
	return s, s.At.Boot == r.now().Boot
}

// find returns the command of a killed run with the wanted address or, otherwise, with the same attributes under
// another address.
func (r *records) find(want *resources.ExecWant) (survivor, bool) {
	if r.memory.State == "" {
		return survivor{}, false
	}
	s, ok := r.recall(recordName(want.Address))
	if !ok {
		s, ok = r.recall(r.left[r.digestOf(want)])
	}
	return s, ok
}

// didWell reports whether a survivor has done the wanted command with success.
func (r *records) didWell(s survivor, want *resources.ExecWant) bool {
	return s.Ended && s.Error == "" && s.Signal == 0 && isAccepted(want, s.Status) && s.Does == r.digestOf(want)
}
