package abi

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"testing"
)

// bomb is a library whose symbols all take their names from the first hundred offsets of one text.
func bomb(symbols int, names []byte) []byte {
	const dynamic, hash, text = 0x200, 0x300, 0x400
	table := text + len(names)
	var b bytes.Buffer
	put := func(at int, v any) {
		b.Write(make([]byte, at-b.Len()))
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	end := uint64(table + symbols*elf.Sym64Size)
	put(0, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2,
	})
	put(64, elf.Prog64{Type: uint32(elf.PT_LOAD), Filesz: end, Memsz: end})
	put(120, elf.Prog64{Type: uint32(elf.PT_DYNAMIC), Off: dynamic, Vaddr: dynamic, Filesz: 0x60, Memsz: 0x60})
	put(dynamic, []elf.Dyn64{
		{Tag: int64(elf.DT_HASH), Val: hash},
		{Tag: int64(elf.DT_STRTAB), Val: text},
		{Tag: int64(elf.DT_STRSZ), Val: uint64(len(names))},
		{Tag: int64(elf.DT_SYMTAB), Val: uint64(table)},
	})
	put(hash, []uint32{1, uint32(symbols)})
	put(text, names)
	for i := range symbols {
		put(table+i*elf.Sym64Size, elf.Sym64{Name: uint32(1 + i%100), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1})
	}
	return b.Bytes()
}

// TestBombs shows that a small file cannot claim large results.
func TestBombs(t *testing.T) {
	long := func(n int) []byte { return append(append([]byte{0}, bytes.Repeat([]byte("x"), n)...), 0) }
	for _, tc := range []struct {
		name string
		file []byte
		want error
	}{
		{"names as they are", bomb(300, long(200)), nil},
		{"names that share a tail", bomb(100_000, long(60_000)), errTooMuch},
		{"a name without end", bomb(1000, long(1<<20)), errName},
		{"more symbols than there are", bomb(1000, long(200))[:0x500], errOutside},
		{"more symbols than there can be", bytes.Replace(bomb(1000, long(200)), []byte{1, 0, 0, 0, 0xe8, 3, 0, 0}, []byte{1, 0, 0, 0, 0, 0, 0, 0xff}, 1), errTooMuch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, _, err := inspectBytes(tc.file)
			if !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if tc.want == nil && len(o.Exports) != 299 {
				t.Errorf("%d exports", len(o.Exports))
			}
		})
	}
}
