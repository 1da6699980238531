package abi

import (
	"bufio"
	"debug/elf"
	"io"
)

// relocs holds what the relocations show about symbols.
type relocs struct {
	symbols uint64          // the least number of symbols
	copied  map[uint64]bool // those whose data is copied into the program
}

// readRelocations reads all relocations: a symbol table does not record its length, and without exports the hash table
// does not either.
func (m *module) readRelocations() relocs {
	rel := relocs{copied: map[uint64]bool{}}
	w := uint64(m.wordSize())
	plt := 3 * w
	if elf.DynTag(m.tags[elf.DT_PLTREL]) == elf.DT_REL {
		plt = 2 * w
	}
	for _, t := range []struct {
		addr, size elf.DynTag
		width      uint64
	}{
		{elf.DT_RELA, elf.DT_RELASZ, 3 * w}, //nolint:misspell // its name
		{elf.DT_REL, elf.DT_RELSZ, 2 * w},
		{elf.DT_JMPREL, elf.DT_PLTRELSZ, plt},
	} {
		addr, ok := m.tags[t.addr]
		if size := m.tags[t.size]; ok && size > 0 {
			m.readRelocTable(addr, size, t.width, &rel)
		}
	}
	return rel
}

func (m *module) readRelocTable(addr, size, width uint64, rel *relocs) {
	off := m.findTable(addr, size, maxRelocs)
	r := bufio.NewReaderSize(io.NewSectionReader(m.r, int64(off), int64(size)), 1<<16)
	var entry [24]byte
	w := m.wordSize()
	for range size / width {
		if _, err := io.ReadFull(r, entry[:width]); err != nil {
			fail(err)
		}
		sym, kind := m.relocInfo(m.decodeWord(entry[w:]), entry[w:])
		if sym >= maxSymbols {
			fail(errTooMuch)
		}
		rel.symbols = max(rel.symbols, sym+1)
		if sym > 0 && kind == copyReloc(m.Machine) {
			rel.copied[sym] = true
		}
	}
}

// relocInfo splits r_info into symbol and type.
func (m *module) relocInfo(info uint64, raw []byte) (sym uint64, kind uint32) {
	switch {
	case m.Class == elf.ELFCLASS32:
		return info >> 8, uint32(info & 0xff)
	case m.Machine == elf.EM_MIPS: // a word, then four bytes, in either order
		return uint64(m.ByteOrder.Uint32(raw)), uint32(raw[7])
	case m.Machine == elf.EM_SPARCV9: // the type shares its word with data
		return info >> 32, uint32(info & 0xff)
	}
	return info >> 32, uint32(info)
}

// copyReloc returns the number of the relocation that copies a library's data into the program; 0 on machines without
// one.
func copyReloc(machine elf.Machine) uint32 {
	switch machine {
	case elf.EM_X86_64, elf.EM_386:
		return uint32(elf.R_X86_64_COPY)
	case elf.EM_AARCH64:
		return uint32(elf.R_AARCH64_COPY)
	case elf.EM_ARM:
		return uint32(elf.R_ARM_COPY)
	case elf.EM_PPC, elf.EM_PPC64, elf.EM_SPARC, elf.EM_SPARC32PLUS, elf.EM_SPARCV9, elf.EM_68K:
		return 19
	case elf.EM_RISCV, elf.EM_LOONGARCH:
		return 4
	case elf.EM_S390:
		return uint32(elf.R_390_COPY)
	case elf.EM_MIPS:
		return 126
	}
	return ^uint32(0)
}
