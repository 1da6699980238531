package journal

// heldPart is up to how many bytes of entries go into one record of them, about: a large site holds
// more than a line takes.
const heldPart = maxLine / 16

// splitHeld returns records of entries. were are those that the first of them replace.
func splitHeld(held, were []LedgerChange) []record {
	var out []record
	for len(held) > 0 {
		n, size := 0, 0
		for n < len(held) && (n == 0 || size < heldPart) {
			size += held[n].size()
			if n < len(were) {
				size += were[n].size()
			}
			n++
		}
		w := min(n, len(were))
		out = append(out, record{Held: held[:n:n], Were: were[:w:w]})
		held, were = held[n:], were[w:]
	}
	return out
}

// size is about how many bytes a change takes in a record.
func (c *LedgerChange) size() int {
	const names = 100
	return names + len(c.Key) + len(c.Addr) + len(c.Digest) + len(c.Holds) + len(c.Original)
}
