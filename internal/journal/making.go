package journal

import (
	"errors"
	"strings"

	"converge/internal/resource"
)

// makingPrefix begins the key of a line of the ledger about a file that converge made for parts
// of it, or a folder that it made for a file: which file or folder that is. No thing has such a key, so the line is no orphan.
const makingPrefix = "making:"

// ReadMaking returns what was noted of the file at a path; "": nothing.
func ReadMaking(s *State, path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _ := s.memory.ledger.findEntry(makingPrefix + resource.EncodeBytes(path))
	return v.digest
}

// NoteMaking has the ledger say from now on what a provider notes of the file at a path; "":
// nothing any more.
func NoteMaking(s *State, path, note string) error { return noteMaking(s, path, note, false) }

// ReadFolder returns what was noted of the folder at a path; "": nothing, or the ledger knows the
// folder as a thing that a site declares.
func ReadFolder(s *State, path string) string {
	s.mu.Lock()
	_, isThing := s.memory.ledger.findEntry("path:" + resource.EncodeBytes(path))
	s.mu.Unlock()
	if isThing {
		return ""
	}
	return ReadMaking(s, path)
}

// NoteFolder is [NoteMaking] that returns when the note is on disk.
func NoteFolder(s *State, path, note string) error { return noteMaking(s, path, note, true) }

// ListMakings returns the paths with a note, and the notes.
func ListMakings(s *State) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for key, v := range s.memory.ledger.eachOf(makingPrefix) {
		out[resource.DecodeBytes(strings.TrimPrefix(key, makingPrefix))] = v.digest
	}
	return out
}

func noteMaking(s *State, path, note string, durable bool) error {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	switch {
	case note == ReadMaking(s, path):
		return nil
	case r == nil:
		return errors.New("cannot note which file is made: there is no run")
	}
	key := makingPrefix + resource.EncodeBytes(path)
	return r.writeRecords([]record{{Held: []LedgerChange{{Key: key, Digest: note, Found: true, Gone: note == ""}}}}, durable)
}
