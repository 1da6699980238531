package journal

import (
	"encoding/json"

	"converge/internal/resource"
)

// readRecord is a record that was read from the original of a thing. A run reads that of each part of a file several
// times, and the record contains the bytes of the file around the part.
type readRecord struct{ original, text string }

// ReadRecord returns the record that a Recorder saved of a thing of the kind before converge first changed it. known
// reports whether converge has changed the thing, even if there is no text.
func (s *State) ReadRecord(key string, k *resource.Kind) (text string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.memory.ledger.findEntry(key)
	if !known || e.isOnlyDeclared() || e.original == "" {
		return "", known && !e.isOnlyDeclared()
	}
	if read, ok := s.records[key]; ok && read.original == e.original {
		return read.text, true
	}
	var before, after map[string]json.RawMessage
	o, err := readOriginal(e.original)
	if err != nil || json.Unmarshal(o.Before, &before) != nil || json.Unmarshal(o.After, &after) != nil {
		return "", true
	}
	text, hidden, _ := recordStore{contents: &s.contents}.read(firstOf(k.RecordAttr, before, after))
	if !hidden { // a secret may be forgotten meanwhile
		if s.records == nil {
			s.records = map[string]readRecord{}
		}
		s.records[key] = readRecord{e.original, text}
	}
	return text, true
}
