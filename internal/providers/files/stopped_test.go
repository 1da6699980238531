package files_test

import (
	"errors"
	"os"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/files"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// Reading a content of any size ends when the run is to.
func TestReadingStops(t *testing.T) {
	enough := errors.New("enough")
	m := newMachine(t, files.Options{Stop: func() error { return enough }})
	for _, name := range []string{"/live", "/source"} {
		f, err := os.Create(m.root + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(4 << 20); err != nil {
			t.Skipf("a file system without sparse files: %v", err)
		}
		f.Close()
	}
	source, err := resource.FileBlob(m.root+"/source", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]*resource.Blob{"compared": source, "by digest": resource.DigestBlob("00", -1, nil)} {
		want := resourcetest.Attrs("path", "/live", "type", resources.TypeFile, "content", resource.BlobVal(content))
		if _, err := m.p.Observe(t.Context(), cty.ObjectVal(want)); !errors.Is(err, enough) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
