package journal

// Secrets are the keys of the things whose content was sensitive when converge
// wrote it last; nil: there are none.
func (s *State) Secrets() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out map[string]bool
	for key, v := range s.memory.ledger.allEntries() {
		if isSealed(v.digest) {
			if out == nil {
				out = map[string]bool{}
			}
			out[key] = true
		}
	}
	return out
}

// SealWritten seals the digests that an older version, or a rollback of what it
// did, left plain for things whose content is sensitive. It is saved with the
// next change of the ledger.
func (s *State) SealWritten(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		v, known := s.memory.ledger.findEntry(key)
		if !known || v.digest == "" || isSealed(v.digest) || s.seal.key == nil {
			continue
		}
		v.digest = s.seal.sealDigest(v.digest)
		s.memory.ledger.entries[key] = v
		s.memory.ledger.dirty = true
	}
}
