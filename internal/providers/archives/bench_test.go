package archives_test

import (
	"fmt"
	"testing"

	"converge/internal/resource/resourcetest"
)

// BenchmarkUnchanged is a run that finds 5,000 files as they were unpacked: it looks at each once,
// and reads neither a file nor the archive.
func BenchmarkUnchanged(b *testing.B) {
	m := newMachine(b, "1")
	var files []entry
	for i := range 5000 {
		files = append(files, entry{name: fmt.Sprintf("a/%02d/%04d", i%100, i), content: "x", mode: 0o644})
	}
	put(b, m.dir+"/many", string(tarOf(b, files...)))
	resourcetest.Converge(b, m.want(b, "source", "many"))
	for b.Loop() {
		m.open(b, "2")
		if c := resourcetest.Plan(b, m.want(b, "source", "many")); !c.Empty() {
			b.Fatal(c.Action)
		}
	}
}
