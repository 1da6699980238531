package system

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// TestDamagedArchive: each row is the head of an archive, and whether names can be read.
func TestDamagedArchive(t *testing.T) {
	good := makeArchive([]string{"de_DE.utf8", "en_US.utf8"})
	for name, tt := range map[string]struct {
		change func(h *archiveHead)
		ok     bool
	}{
		"as it is":                       {func(*archiveHead) {}, true},
		"another magic number":           {func(h *archiveHead) { h.Magic++ }, false},
		"more text used than there is":   {func(h *archiveHead) { h.StringUsed = 0xffffffff }, false},
		"more names than fit":            {func(h *archiveHead) { h.HashSize = 1 << 31 }, false},
		"a table behind the end":         {func(h *archiveHead) { h.HashOffset = 1 << 30 }, false},
		"a text behind the end":          {func(h *archiveHead) { h.StringOffset = 1 << 30 }, false},
		"a name that is not in the text": {func(h *archiveHead) { h.StringUsed = 1 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var head archiveHead
			if err := binary.Read(bytes.NewReader(good), binary.NativeEndian, &head); err != nil {
				t.Fatal(err)
			}
			tt.change(&head)
			var out bytes.Buffer
			_ = binary.Write(&out, binary.NativeEndian, head)
			data := append(out.Bytes(), good[out.Len():]...)
			var names []string
			err := readArchive(bytes.NewReader(data), func(name string) { names = append(names, name) })
			if (err == nil) != tt.ok || tt.ok && !slices.Equal(names, []string{"de_DE.utf8", "en_US.utf8"}) {
				t.Errorf("%q, %v", names, err)
			}
		})
	}
}
