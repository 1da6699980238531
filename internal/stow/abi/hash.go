package abi

import (
	"bufio"
	"debug/elf"
	"io"
)

// countSymbols is the number of symbols that the hash tables know of: all of them in
// the old format, those up to the last export in GNU's.
func (m *module) countSymbols() uint64 {
	if addr, ok := m.tags[elf.DT_HASH]; ok {
		n := 4
		if m.Class == elf.ELFCLASS64 && (m.Machine == elf.EM_S390 || m.Machine == elf.EM_ALPHA) {
			n = 8
		}
		head := m.readAddress(addr, uint64(2*n), 16)
		if n == 8 {
			return m.ByteOrder.Uint64(head[8:])
		}
		return uint64(m.ByteOrder.Uint32(head[4:]))
	}
	if addr, ok := m.tags[elf.DT_GNU_HASH]; ok {
		return m.countGNUSymbols(addr)
	}
	return 0
}

// countGNUSymbols finds the end of the last chain.
func (m *module) countGNUSymbols(addr uint64) uint64 {
	head := m.readAddress(addr, 16, 16)
	buckets, first, bloom := uint64(m.ByteOrder.Uint32(head)), uint64(m.ByteOrder.Uint32(head[4:])), uint64(m.ByteOrder.Uint32(head[8:]))
	if buckets > maxSymbols || bloom > maxSymbols {
		fail(errTooMuch)
	}
	at := addr + 16 + bloom*uint64(m.wordSize())
	table := m.readAddress(at, 4*buckets, 4*maxSymbols)
	var last uint64
	for i := range buckets {
		last = max(last, uint64(m.ByteOrder.Uint32(table[4*i:])))
	}
	if last == 0 {
		return 0 // nothing is exported
	}
	if last < first {
		fail(errHash)
	}
	return m.chainEnd(at+4*buckets+4*(last-first), last)
}

// chainEnd follows a chain, which begins at symbol n, to its end.
func (m *module) chainEnd(addr, n uint64) uint64 {
	off, room := m.findAddress(addr)
	r := bufio.NewReader(io.NewSectionReader(m.r, int64(off), int64(room)))
	var entry [4]byte
	for ; n < maxSymbols; n++ {
		if _, err := io.ReadFull(r, entry[:]); err != nil {
			fail(errHash)
		}
		if m.ByteOrder.Uint32(entry[:])&1 == 1 {
			return n + 1
		}
	}
	fail(errTooMuch)
	return 0
}
