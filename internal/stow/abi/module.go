package abi

import (
	"debug/elf"
	"io"
	"strings"
)

// module is an ELF file with a dynamic segment, read by addresses.
type module struct {
	*elf.File
	r       io.ReaderAt
	size    int64
	tags    map[elf.DynTag]uint64 // the last of each, as the loader has it
	needed  []uint64              // DT_NEEDED, in order
	strings string
	left    int // how many more bytes of names may be read
}

// newModule reads the dynamic segment. ok is false if there is none, which
// includes files of debugging information, whose segments are empty.
func newModule(f *elf.File, r io.ReaderAt, size int64) (*module, bool, error) {
	m := &module{File: f, r: r, size: size, tags: map[elf.DynTag]uint64{}}
	for _, p := range f.Progs {
		if p.Type != elf.PT_DYNAMIC || p.Filesz == 0 {
			continue
		}
		data, err := m.readOffset(p.Off, p.Filesz, maxDynamic)
		if err != nil {
			return nil, false, err
		}
		m.readDynamic(data)
		return m, true, m.readStrings()
	}
	return nil, false, nil
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

func (m *module) readStrings() error {
	n := m.tags[elf.DT_STRSZ]
	if n == 0 {
		return nil
	}
	data, err := m.readAddress(m.tags[elf.DT_STRTAB], n, maxStrings)
	if err != nil {
		return err
	}
	m.strings = string(data)
	// Names share tails and are used more than once, but not without end: else
	// a small file could name gigabytes.
	m.left = 16*len(data) + maxName
	return nil
}

// readName is the string at an offset of the string table.
func (m *module) readName(off uint64) (string, error) {
	if off >= uint64(len(m.strings)) {
		return "", errName
	}
	s := m.strings[off:]
	s = s[:min(len(s), maxName)]
	i := strings.IndexByte(s, 0)
	if i < 0 {
		return "", errName
	}
	if m.left -= i; m.left < 0 {
		return "", errTooMuch
	}
	return s[:i], nil
}

// wordSize is the size of an address.
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

// findAddress finds an address in the file: where it is, and how much of its segment
// follows.
func (m *module) findAddress(addr uint64) (off, n uint64, err error) {
	for _, p := range m.Progs {
		if p.Type != elf.PT_LOAD || addr < p.Vaddr || addr-p.Vaddr >= p.Filesz {
			continue
		}
		d := addr - p.Vaddr
		off = p.Off + d
		if off >= uint64(m.size) {
			break
		}
		return off, min(p.Filesz-d, uint64(m.size)-off), nil
	}
	return 0, 0, errOutside
}

// readAddress reads n bytes at an address.
func (m *module) readAddress(addr, n, limit uint64) ([]byte, error) {
	if n > limit {
		return nil, errTooMuch
	}
	off, room, err := m.findAddress(addr)
	if err != nil {
		return nil, err
	}
	if n > room {
		return nil, errOutside
	}
	return m.readOffset(off, n, limit)
}

// readOffset reads n bytes of the file. It allocates nothing for bytes beyond the end.
func (m *module) readOffset(off, n, limit uint64) ([]byte, error) {
	if n > limit {
		return nil, errTooMuch
	}
	if off > uint64(m.size) || n > uint64(m.size)-off {
		return nil, errOutside
	}
	data := make([]byte, n)
	if _, err := m.r.ReadAt(data, int64(off)); err != nil && err != io.EOF { //nolint:errorlint // ReaderAt returns it bare
		return nil, err
	}
	return data, nil
}

// readObject reads everything else.
func (m *module) readObject() (Object, error) {
	o := Object{Arch: archOf(m.File)}
	var err error
	text := func(tag elf.DynTag) string {
		off, ok := m.tags[tag]
		if !ok || err != nil {
			return ""
		}
		var s string
		s, err = m.readName(off)
		return s
	}
	o.Soname = text(elf.DT_SONAME)
	if o.RunPath = text(elf.DT_RUNPATH); o.RunPath == "" {
		o.RunPath = text(elf.DT_RPATH)
	}
	for _, off := range m.needed {
		if err != nil {
			break
		}
		var s string
		s, err = m.readName(off)
		o.Needed = append(o.Needed, s)
	}
	if err != nil {
		return o, err
	}
	o.Library = isLibrary(m.File, o.Soname, m.tags[elf.DT_FLAGS_1])
	versions, err := m.readVersions(&o)
	if err != nil {
		return o, err
	}
	return o, m.readSymbols(&o, versions)
}
