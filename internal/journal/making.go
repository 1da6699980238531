package journal

import (
	"errors"
	"strings"

	"converge/internal/resource"
)

// makingPrefix begins the key of a line of the ledger about a file that converge made for parts of it, or a folder
// that it made for a file; the line identifies that file or folder. No thing has such a key, so the line is no orphan.
const makingPrefix = "making:"

// Makings are the ledger's notes about such files and folders.
type Makings struct{ state *State }

// Makings returns the notes about files and folders that converge made for their content.
func (s *State) Makings() Makings { return Makings{s} }

// ReadMaking returns the note about the file at a path, or "".
func (m Makings) ReadMaking(path string) string {
	m.state.mu.Lock()
	defer m.state.mu.Unlock()
	v, _ := m.state.memory.ledger.findEntry(makingPrefix + resource.EncodeBytes(path))
	return v.digest
}

// NoteMaking records a provider's note about the file at a path; "" removes it.
func (m Makings) NoteMaking(path, note string) error { return m.note(path, note, false) }

// ReadFolder returns the note about the folder at a path; "" if there is none, or the ledger has the folder as a thing
// that a site declares.
func (m Makings) ReadFolder(path string) string {
	m.state.mu.Lock()
	_, isThing := m.state.memory.ledger.findEntry("path:" + resource.EncodeBytes(path))
	m.state.mu.Unlock()
	if isThing {
		return ""
	}
	return m.ReadMaking(path)
}

// NoteFolder is [Makings.NoteMaking], but returns when the note is on disk.
func (m Makings) NoteFolder(path, note string) error { return m.note(path, note, true) }

// List returns the notes by their paths.
func (m Makings) List() map[string]string {
	m.state.mu.Lock()
	defer m.state.mu.Unlock()
	out := map[string]string{}
	for key, v := range m.state.memory.ledger.eachOf(makingPrefix) {
		out[resource.DecodeBytes(strings.TrimPrefix(key, makingPrefix))] = v.digest
	}
	return out
}

func (m Makings) note(path, note string, durable bool) error {
	m.state.mu.Lock()
	r := m.state.run
	m.state.mu.Unlock()
	switch {
	case note == m.ReadMaking(path):
		return nil
	case r == nil:
		return errors.New("cannot note which file is made: there is no run")
	}
	key := makingPrefix + resource.EncodeBytes(path)
	return r.writeRecords([]record{{Held: []LedgerChange{{Key: key, Digest: note, Found: true, Gone: note == ""}}}}, durable)
}
