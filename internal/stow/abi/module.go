package abi

import (
	"debug/elf"
	"io"
	"slices"
	"strings"
)

// module is an ELF file with a dynamic segment, read by addresses.
type module struct {
	*elf.File
	r       io.ReaderAt
	size    int64
	tags    map[elf.DynTag]uint64 // the last of each, as in the loader
	needed  []uint64              // DT_NEEDED, in order
	strings string
	left    int // how many more bytes of names may be read
}

// newModule reads the dynamic segment. ok is false if there is none, which
// includes files of debugging information, whose segments are empty.
func newModule(f *elf.File, r io.ReaderAt, size int64) (m *module, ok bool) {
	i := slices.IndexFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_DYNAMIC && p.Filesz > 0 })
	if i < 0 {
		return nil, false
	}
	m = &module{File: f, r: r, size: size, tags: map[elf.DynTag]uint64{}}
	m.readDynamic(m.readOffset(f.Progs[i].Off, f.Progs[i].Filesz, maxDynamic))
	if n := m.tags[elf.DT_STRSZ]; n > 0 {
		m.strings = string(m.readAddress(m.tags[elf.DT_STRTAB], n, maxStrings))
		// Names share tails and are used repeatedly, but within a bound: otherwise a small file could name gigabytes.
		m.left = 16*len(m.strings) + maxName
	}
	return m, true
}

func (m *module) readDynamic(data []byte) {
	width := m.wordSize()
	for ; len(data) >= 2*width; data = data[2*width:] {
		tag, val := elf.DynTag(int32(m.decodeWord(data))), m.decodeWord(data[width:])
		switch tag {
		case elf.DT_NULL:
			return
		case elf.DT_NEEDED:
			m.needed = append(m.needed, val)
		default:
			m.tags[tag] = val
		}
	}
}

// readName returns the string at an offset of the string table.
func (m *module) readName(off uint64) string {
	if off >= uint64(len(m.strings)) {
		fail(errName)
	}
	s := m.strings[off:]
	s = s[:min(len(s), maxName)]
	i := strings.IndexByte(s, 0)
	if i < 0 {
		fail(errName)
	}
	if m.left -= i; m.left < 0 {
		fail(errTooMuch)
	}
	return s[:i]
}

// wordSize returns the size of an address.
func (m *module) wordSize() int {
	if m.Class == elf.ELFCLASS32 {
		return 4
	}
	return 8
}

func (m *module) decodeWord(b []byte) uint64 {
	if m.Class == elf.ELFCLASS32 {
		return uint64(m.ByteOrder.Uint32(b))
	}
	return m.ByteOrder.Uint64(b)
}

// findAddress returns the file offset of an address, and how much of its segment follows.
func (m *module) findAddress(addr uint64) (off, n uint64) {
	for _, p := range m.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr-p.Vaddr >= p.Filesz {
			continue
		}
		d := addr - p.Vaddr
		off = p.Off + d
		if off >= uint64(m.size) {
			break
		}
		return off, min(p.Filesz-d, uint64(m.size)-off)
	}
	fail(errOutside)
	return 0, 0
}

// findTable returns the file offset of a table of n bytes, by its address.
func (m *module) findTable(addr, n, limit uint64) (off uint64) {
	if n > limit {
		fail(errTooMuch)
	}
	off, room := m.findAddress(addr)
	if n > room {
		fail(errOutside)
	}
	return off
}

// readAddress reads n bytes at an address.
func (m *module) readAddress(addr, n, limit uint64) []byte {
	return m.readOffset(m.findTable(addr, n, limit), n, limit)
}

// readOffset reads n bytes of the file. It allocates nothing for bytes beyond the end.
func (m *module) readOffset(off, n, limit uint64) []byte {
	if n > limit {
		fail(errTooMuch)
	}
	if off > uint64(m.size) || n > uint64(m.size)-off {
		fail(errOutside)
	}
	data := make([]byte, n)
	if _, err := m.r.ReadAt(data, int64(off)); err != nil && err != io.EOF { //nolint:errorlint // ReaderAt returns it bare
		fail(err)
	}
	return data
}

// readObject reads the rest of the object.
func (m *module) readObject() Object {
	text := func(tag elf.DynTag) string {
		if off, ok := m.tags[tag]; ok {
			return m.readName(off)
		}
		return ""
	}
	o := Object{Arch: archOf(m.File), Soname: text(elf.DT_SONAME), RunPath: text(elf.DT_RUNPATH)}
	if o.RunPath == "" {
		o.RunPath = text(elf.DT_RPATH)
	}
	for _, off := range m.needed {
		o.Needed = append(o.Needed, m.readName(off))
	}
	o.Library = isLibrary(m.File, o.Soname, m.tags[elf.DT_FLAGS_1])
	versions := map[uint16]version{}
	m.readDefined(&o, versions)
	m.readNeeds(&o, versions)
	m.readSymbols(&o, versions)
	return o
}
