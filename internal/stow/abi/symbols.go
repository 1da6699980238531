package abi

import (
	"debug/elf"
)

// Symbol is a name that a library exports.
type Symbol struct {
	Name    string
	Version string // "" in a library without versions, and of the base version
	Hidden  bool   // found only by who asks for the version: foo@V1, not foo@@V1
	Size    uint64 // bytes, of data; 0 for everything else
}

// Use is a name that an image imports.
type Use struct {
	Soname  string // the library that must have it; "" if no version says which
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
			// 0 is local, whatever the symbol's own binding is; newer linkers also
			// use it for imports without a version.
			if n == 0 && s.section != elf.SHN_UNDEF && !rel.copied[i] {
				continue
			}
			v, hidden = versions[n&versionMask], n&versionHidden != 0
		}
		m.addSymbol(o, s, v, hidden, rel.copied[i])
	}
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
		return // the name of a version itself, which older linkers export
	}
	e := Symbol{Name: name, Version: v.name, Hidden: hidden}
	if kind == elf.STT_OBJECT {
		e.Size = s.size
	}
	o.Exports = append(o.Exports, e)
}
