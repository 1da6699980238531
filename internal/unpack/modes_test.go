package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"testing"

	"converge/internal/unpack"
)

// TestModes shows which permissions an entry has: mode 0000 counts, a missing mode does not.
func TestModes(t *testing.T) {
	zipWith := func(creator uint16, attrs uint32) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range []string{"d/", "d/f"} {
			if _, err := w.CreateHeader(&zip.FileHeader{Name: name, CreatorVersion: creator << 8, ExternalAttrs: attrs}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	inTar := func(mode int64) []byte {
		return tarOf(t, entry{name: "d/", kind: tar.TypeDir, mode: mode}, entry{name: "d/f", mode: mode}, entry{name: "d/h", content: "d/f", kind: tar.TypeLink, mode: 0o777})
	}
	for name, tt := range map[string]struct {
		archive []byte
		want    map[string]string
	}{
		"tar, 0000":           {inTar(0), map[string]string{"d": "0", "d/f": "0", "d/h": "0"}},
		"tar, 0555":           {inTar(0o555), map[string]string{"d": "555", "d/f": "555", "d/h": "555"}},
		"tar, no folder":      {tarOf(t, entry{name: "d/f", mode: 0o400}), map[string]string{"d": "none", "d/f": "400"}},
		"zip of Unix, none":   {zipWith(3, 0), map[string]string{"d": "none", "d/f": "none"}},
		"zip of Unix, 0000":   {zipWith(3, 0o100000<<16), map[string]string{"d": "0", "d/f": "0"}},
		"zip of Unix, 0600":   {zipWith(3, 0o100600<<16), map[string]string{"d": "600", "d/f": "600"}},
		"zip of DOS":          {zipWith(0, 0), map[string]string{"d": "666", "d/f": "666"}},
		"zip of another kind": {zipWith(2, 0), map[string]string{"d": "none", "d/f": "none"}},
	} {
		a, err := unpack.Open(bytes.NewReader(tt.archive), int64(len(tt.archive)))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		err = a.Walk(t.Context(), unpack.Rules{MaxBytes: 1 << 20, MaxEntries: 10, HardLinks: true}, func(e unpack.Entry, _ io.Reader) error {
			if got[e.Path] = fmt.Sprintf("%o", e.Mode); e.NoMode {
				got[e.Path] = "none"
			}
			return nil
		})
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
		}
	}
}
