package abi

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Object holds what the dynamic loader reads from one ELF file.
type Object struct {
	Arch    Arch
	Library bool     // programs link to it, rather than run it
	Soname  string   // DT_SONAME; "" if there is none
	Needed  []string // DT_NEEDED
	RunPath string   // DT_RUNPATH, else DT_RPATH, as written
	Defined []string // names of version definitions, the base left out; nil if there is no such table
	Needs   []Need
	Exports []Symbol
	Imports []Use // by Soname, if a version names it
}

// Arch is class, byte order if big, and machine: "64-x86_64", "32be-mips". Objects of different architectures cannot be
// linked.
type Arch string

// Need lists the versions that an object requires of one library.
type Need struct {
	Soname   string
	Versions []string
}

// Inspect reads an ELF file. ok is false for files that the loader does not load: anything that is not ELF, objects to
// be linked, cores, static programs. It never panics, and takes memory in proportion to the file.
func Inspect(r io.ReaderAt, size int64) (o Object, ok bool, err error) {
	var head [64]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return o, false, err
	}
	if n < 4 || string(head[:4]) != elf.ELFMAG {
		return o, false, nil
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error: // from fail, or from debug/elf, which should not panic, but did on hostile files
			o, ok, err = Object{}, false, fmt.Errorf("damaged ELF file: %w", p)
		default:
			o, ok, err = Object{}, false, fmt.Errorf("damaged ELF file: %v", p)
		}
	}()
	hideSections(head[:n])
	f, err := elf.NewFile(overlay{head[:n], io.NewSectionReader(r, 0, size)})
	if err != nil {
		fail(err)
	}
	if f.Type != elf.ET_DYN && f.Type != elf.ET_EXEC {
		return o, false, nil
	}
	m, ok := newModule(f, r, size)
	if ok {
		o = m.readObject()
	}
	return o, ok, nil
}

// fail ends the reading of a file; Inspect returns the error.
func fail(err error) { panic(err) }

// hideSections edits a header to declare no sections, and refuses unreasonable program headers.
func hideSections(head []byte) {
	off, width, num := 0x28, 8, 0x36 // e_shoff and its size, e_phentsize
	if len(head) > elf.EI_CLASS && elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS32 {
		off, width, num = 0x20, 4, 0x2a
	}
	if len(head) < num+10 {
		fail(errors.New("its header is cut short"))
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	if int(order.Uint16(head[num:]))*int(order.Uint16(head[num+2:])) > maxHeaders {
		fail(errTooMuch)
	}
	clear(head[off : off+width])
	clear(head[num+4 : num+10]) // e_shentsize, e_shnum, e_shstrndx
}
