package resource

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
)

func TestBlobUntil(t *testing.T) {
	enough := errors.New("enough")
	name := t.TempDir() + "/f"
	const size = 2*stopPiece + 1
	if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Truncate(name, size)); err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{0, 2, 1000} {
		asked := 0
		b, err := FileBlob(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Until(func() error {
			if asked++; asked > after {
				return enough
			}
			return nil
		})
		want := after < 3 // before each of three pieces
		if _, err := b.Digest(); errors.Is(err, enough) != want {
			t.Errorf("after %d: digest: %v", after, err)
		}
		asked = 0
		r, err := b.Open()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := io.Copy(&out, r); errors.Is(err, enough) != want || !want && out.Len() != size {
			t.Errorf("after %d: %d bytes, %v", after, out.Len(), err)
		}
		r.Close()
	}
}
