package abi

import (
	"debug/elf"
	"iter"
)

// version is the meaning of an index of the version table.
type version struct {
	name   string
	soname string // of the library that must provide it; "" for one defined here
	base   bool   // the file's own name, not a version
}

// The version table: an index, and whether the symbol is not the default version.
const (
	versionMask   = 0x7fff
	versionHidden = 0x8000
)

// eachRecord yields at most n records with their addresses. Each record ends with the distance to the next; 0 ends the
// list.
func (m *module) eachRecord(addr, n, width uint64) iter.Seq2[uint64, []byte] {
	if n > maxVersions {
		fail(errTooMuch)
	}
	return func(yield func(uint64, []byte) bool) {
		for range n {
			record := m.readAddress(addr, width, width)
			next := m.ByteOrder.Uint32(record[width-4:])
			if !yield(addr, record) || next == 0 {
				return
			}
			addr += uint64(next)
		}
	}
}

// readDefined reads .gnu.version_d.
func (m *module) readDefined(o *Object, all map[uint16]version) {
	addr, ok := m.tags[elf.DT_VERDEF]
	if !ok {
		return
	}
	o.Defined = []string{}
	for at, d := range m.eachRecord(addr, m.tags[elf.DT_VERDEFNUM], 20) {
		flags, index := m.ByteOrder.Uint16(d[2:]), m.ByteOrder.Uint16(d[4:])
		aux := m.readAddress(at+uint64(m.ByteOrder.Uint32(d[12:])), 8, 8)
		name := m.readName(uint64(m.ByteOrder.Uint32(aux)))
		base := flags&uint16(elf.VER_FLG_BASE) != 0
		if !base && name != "" {
			o.Defined = append(o.Defined, name)
		}
		all[index&versionMask] = version{name: name, base: base}
	}
}

// readNeeds reads .gnu.version_r. A weakly required version names its symbols, but may be missing.
func (m *module) readNeeds(o *Object, all map[uint16]version) {
	addr, ok := m.tags[elf.DT_VERNEED]
	if !ok {
		return
	}
	left := maxVersions
	for at, d := range m.eachRecord(addr, m.tags[elf.DT_VERNEEDNUM], 16) {
		need := Need{Soname: m.readName(uint64(m.ByteOrder.Uint32(d[4:])))}
		n := m.ByteOrder.Uint16(d[2:])
		if left -= int(n); left < 0 {
			fail(errLoop)
		}
		for _, aux := range m.eachRecord(at+uint64(m.ByteOrder.Uint32(d[8:])), uint64(n), 16) {
			name := m.readName(uint64(m.ByteOrder.Uint32(aux[8:])))
			if m.ByteOrder.Uint16(aux[4:])&uint16(elf.VER_FLG_WEAK) == 0 && name != "" {
				need.Versions = append(need.Versions, name)
			}
			all[m.ByteOrder.Uint16(aux[6:])&versionMask] = version{name: name, soname: need.Soname}
		}
		o.Needs = append(o.Needs, need)
	}
}
