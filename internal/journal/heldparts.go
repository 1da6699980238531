package journal

// heldPart is about how many bytes of entries go into one record: a large site has more than fit into a line.
const heldPart = maxLine / 16

// splitHeld returns records of entries. were are the old entries that the first of them replace.
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

// size is the approximate number of bytes of a change in a record.
func (c *LedgerChange) size() int {
	const names = 100
	return names + len(c.Key) + len(c.Addr) + len(c.Digest) + len(c.Holds) + len(c.Original)
}
