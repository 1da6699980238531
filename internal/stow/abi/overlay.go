package abi

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"strings"
)

// overlay is a file whose first bytes are replaced.
type overlay struct {
	head []byte
	io.ReaderAt
}

func (o overlay) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.ReaderAt.ReadAt(p, off)
	if off >= 0 && off < int64(len(o.head)) {
		copy(p[:n], o.head[off:])
	}
	return n, err
}

func archOf(f *elf.File) Arch {
	class := "64"
	if f.Class == elf.ELFCLASS32 {
		class = "32"
	}
	if f.Data == elf.ELFDATA2MSB {
		class += "be"
	}
	machine := fmt.Sprint(int(f.Machine))
	if name := f.Machine.String(); strings.HasPrefix(name, "EM_") {
		machine = strings.ToLower(name[len("EM_"):])
	}
	return Arch(class + "-" + machine)
}

// isLibrary distinguishes a library from a program. Both may be ET_DYN; a program requests an interpreter or is marked
// as one, and has no soname. (The C library requests an interpreter too.)
func isLibrary(f *elf.File, soname string, flags1 uint64) bool {
	if f.Type != elf.ET_DYN {
		return false
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && soname == "" {
			return false
		}
	}
	return elf.DynFlag1(flags1)&elf.DF_1_PIE == 0
}

// The limits of one file. The largest libraries in distributions (LLVM, browsers) stay below a tenth of each.
const (
	maxHeaders  = 1 << 20   // bytes of program headers
	maxDynamic  = 1 << 20   // bytes of the dynamic segment
	maxStrings  = 128 << 20 // bytes of the string table
	maxSymbols  = 2 << 20   // dynamic symbols
	maxVersions = 1 << 16   // version definitions, and needs
	maxRelocs   = 512 << 20 // bytes of relocations, read piece by piece
	maxName     = 1 << 16   // bytes of one name
)

var (
	errNotRegular = errors.New("not a regular file")
	errOutside    = errors.New("a table lies outside the file")
	errTooMuch    = errors.New("a table is larger than any library needs")
	errName       = errors.New("a name lies outside the string table")
	errLoop       = errors.New("a list of versions does not end")
	errHash       = errors.New("the hash table is damaged")
)
