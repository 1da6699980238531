package abi

import (
	"bufio"
	"debug/elf"
	"io"
)

// Symbol is a name that a library exports.
type Symbol struct {
	Name    string
	Version string // "" in a library without versions, and of the base version
	Hidden  bool   // found only with its version: foo@V1, not foo@@V1
	Size    uint64 // bytes, of data; 0 for everything else
}

// Use is a name that an image imports.
type Use struct {
	Soname  string // the library that must provide it; "" if no version names one
	Arch    Arch
	Name    string
	Version string
	Copy    bool   // the program holds a copy of the library's data,
	Size    uint64 // of that many bytes
}

// readSymbols reads the dynamic symbols.
func (m *module) readSymbols(o *Object, versions map[uint16]version) {
	addr, ok := m.tags[elf.DT_SYMTAB]
	if !ok {
		return
	}
	rel := m.readRelocations()
	count := max(m.countSymbols(), rel.symbols, m.tags[elf.DT_MIPS_SYMTABNO])
	if count > maxSymbols {
		fail(errTooMuch)
	}
	if count == 0 {
		return
	}
	width := uint64(elf.Sym64Size)
	if m.Class == elf.ELFCLASS32 {
		width = elf.Sym32Size
	}
	table := m.readAddress(addr, count*width, maxSymbols*width)
	var index []byte
	if addr, ok := m.tags[elf.DT_VERSYM]; ok {
		index = m.readAddress(addr, count*2, maxSymbols*2)
	}
	for i := uint64(1); i < count; i++ {
		v, hidden := version{}, false
		s := m.decodeSymbol(table[i*width:])
		if index != nil {
			n := m.ByteOrder.Uint16(index[2*i:])
			// Version 0 is local, whatever the symbol's own binding; newer linkers also use it for imports without a
			// version.
			if n == 0 && s.section != elf.SHN_UNDEF && !rel.copied[i] {
				continue
			}
			v, hidden = versions[n&versionMask], n&versionHidden != 0
		}
		m.addSymbol(o, s, v, hidden, rel.copied[i])
	}
}

// countSymbols returns the number of symbols in the hash tables: all of them in the old format, those up to the last
// export in GNU's.
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

// countGNUSymbols returns the end of the last chain.
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

// chainEnd returns the end of the chain that begins at symbol n.
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

// rawSymbol is an entry of the symbol table, either class.
type rawSymbol struct {
	name    uint32
	info    byte
	other   byte
	section elf.SectionIndex
	size    uint64
}

func (m *module) decodeSymbol(b []byte) rawSymbol {
	o := m.ByteOrder
	if m.Class == elf.ELFCLASS32 {
		return rawSymbol{o.Uint32(b), b[12], b[13], elf.SectionIndex(o.Uint16(b[14:])), uint64(o.Uint32(b[8:]))}
	}
	return rawSymbol{o.Uint32(b), b[4], b[5], elf.SectionIndex(o.Uint16(b[6:])), o.Uint64(b[16:])}
}

// addSymbol adds a symbol to the exports or the imports, or ignores it.
func (m *module) addSymbol(o *Object, s rawSymbol, v version, hidden, copied bool) {
	bind, kind, seen := elf.ST_BIND(s.info), elf.ST_TYPE(s.info), elf.ST_VISIBILITY(s.other)
	undefined := s.section == elf.SHN_UNDEF
	switch {
	case s.name == 0, bind == elf.STB_LOCAL, kind == elf.STT_SECTION, kind == elf.STT_FILE:
		return
	case undefined && bind == elf.STB_WEAK:
		return // may be missing
	case !undefined && (seen == elf.STV_HIDDEN || seen == elf.STV_INTERNAL):
		return
	}
	name := m.readName(uint64(s.name))
	if name == "" {
		return
	}
	if v.base {
		v = version{}
	}
	if undefined || copied {
		u := Use{Soname: v.soname, Arch: o.Arch, Name: name, Version: v.name, Copy: copied}
		if copied {
			u.Size = s.size
		}
		o.Imports = append(o.Imports, u)
		return
	}
	if s.section == elf.SHN_ABS && v.name == name {
		return // the name of the version itself, which older linkers export
	}
	e := Symbol{Name: name, Version: v.name, Hidden: hidden}
	if kind == elf.STT_OBJECT {
		e.Size = s.size
	}
	o.Exports = append(o.Exports, e)
}
