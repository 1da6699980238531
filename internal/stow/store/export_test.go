package store

// OnWrite has f called before every change to the record; its error ends the
// command there, as a kill would.
func (s *Store) OnWrite(f func(step string) error) { s.hook = f }
