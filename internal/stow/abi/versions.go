package abi

import (
	"debug/elf"
)

// version is the meaning of an index of the version table.
type version struct {
	name   string
	soname string // of the library that is asked for it; "" for one defined here
	base   bool   // the file's own name, not a version
}

// readVersions reads the versions that are defined and needed.
func (m *module) readVersions(o *Object) (map[uint16]version, error) {
	all := map[uint16]version{}
	if err := m.readDefined(o, all); err != nil {
		return nil, err
	}
	return all, m.readNeeds(o, all)
}

// readDefined reads .gnu.version_d.
func (m *module) readDefined(o *Object, all map[uint16]version) error {
	addr, ok := m.tags[elf.DT_VERDEF]
	if !ok {
		return nil
	}
	count := m.tags[elf.DT_VERDEFNUM]
	if count > maxVersions {
		return errTooMuch
	}
	o.Defined = []string{}
	for range count {
		d, err := m.readAddress(addr, 20, 20)
		if err != nil {
			return err
		}
		flags, index := m.ByteOrder.Uint16(d[2:]), m.ByteOrder.Uint16(d[4:])
		aux, err := m.readAddress(addr+uint64(m.ByteOrder.Uint32(d[12:])), 8, 8)
		if err != nil {
			return err
		}
		name, err := m.readName(uint64(m.ByteOrder.Uint32(aux)))
		if err != nil {
			return err
		}
		base := flags&uint16(elf.VER_FLG_BASE) != 0
		if !base && name != "" {
			o.Defined = append(o.Defined, name)
		}
		all[index&versionMask] = version{name: name, base: base}
		next := m.ByteOrder.Uint32(d[16:])
		if next == 0 {
			return nil
		}
		addr += uint64(next)
	}
	return nil
}

// readNeeds reads .gnu.version_r. A version that is needed weakly names its
// symbols, but may be missing.
func (m *module) readNeeds(o *Object, all map[uint16]version) error {
	addr, ok := m.tags[elf.DT_VERNEED]
	if !ok {
		return nil
	}
	count, left := m.tags[elf.DT_VERNEEDNUM], maxVersions
	if count > maxVersions {
		return errTooMuch
	}
	for range count {
		d, err := m.readAddress(addr, 16, 16)
		if err != nil {
			return err
		}
		soname, err := m.readName(uint64(m.ByteOrder.Uint32(d[4:])))
		if err != nil {
			return err
		}
		need := Need{Soname: soname}
		aux := addr + uint64(m.ByteOrder.Uint32(d[8:]))
		n := int(m.ByteOrder.Uint16(d[2:]))
		if left -= n; left < 0 {
			return errLoop
		}
		if err := m.readNeedAux(&need, aux, n, all); err != nil {
			return err
		}
		o.Needs = append(o.Needs, need)
		next := m.ByteOrder.Uint32(d[12:])
		if next == 0 {
			return nil
		}
		addr += uint64(next)
	}
	return nil
}

func (m *module) readNeedAux(need *Need, addr uint64, n int, all map[uint16]version) error {
	for range n {
		d, err := m.readAddress(addr, 16, 16)
		if err != nil {
			return err
		}
		name, err := m.readName(uint64(m.ByteOrder.Uint32(d[8:])))
		if err != nil {
			return err
		}
		if m.ByteOrder.Uint16(d[4:])&uint16(elf.VER_FLG_WEAK) == 0 && name != "" {
			need.Versions = append(need.Versions, name)
		}
		all[m.ByteOrder.Uint16(d[6:])&versionMask] = version{name: name, soname: need.Soname}
		next := m.ByteOrder.Uint32(d[12:])
		if next == 0 {
			return nil
		}
		addr += uint64(next)
	}
	return nil
}

// The version table: an index, and whether the symbol is not the default one.
const (
	versionMask   = 0x7fff
	versionHidden = 0x8000
)
