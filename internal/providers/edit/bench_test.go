package edit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// BenchmarkNothingToDo observes 1,000 settings of 10 files that are right, as a run
// that finds nothing to do.
func BenchmarkNothingToDo(b *testing.B) {
	root := b.TempDir()
	f, err := fsys.Open(root)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	p := New(Options{FS: f})
	var rs []*resource.Resource
	for i := range 10 {
		var text strings.Builder
		name := fmt.Sprintf("/f%d.ini", i)
		for k := range 100 {
			fmt.Fprintf(&text, "# what the key is for\nkey%d = value\n", k)
			r, err := resourcetest.Build(resources.Setting(p), &resourcetest.World{}, "x", resourcetest.Attrs("path", name, "key", fmt.Sprintf("key%d", k), "value", "value"))
			if err != nil {
				b.Fatal(err)
			}
			rs = append(rs, r)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text.String()), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		p.Invalidate(nil)
		for _, r := range rs {
			if have, err := p.Observe(context.Background(), r.Want); err != nil || !resource.Diff(r, have).Empty() {
				b.Fatal(have, err)
			}
		}
	}
}
