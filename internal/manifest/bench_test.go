package manifest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/source"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// literal writes n resource blocks as people write them, numbered from first.
func literal(first, n int) string {
	var b strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "file \"f%d\" {\n  path    = \"/srv/d%d/f%d\"\n  content = \"content of number %d\\n\"\n  mode    = \"0644\"\n  owner   = \"root\"\n}\n\n",
			i, i%100, i, i)
	}
	return b.String()
}

// chained writes n blocks that each refer to the one before.
func chained(n int) string {
	var b strings.Builder
	b.WriteString("file \"f0\" { path = \"/srv/f0\" }\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "file \"f%d\" {\n  path    = \"/srv/f%d\"\n  content = \"after ${file.f%d.path}\\n\"\n}\n\n", i, i, i-1)
	}
	return b.String()
}

// writeFolder writes files × blocks literal blocks.
func writeFolder(tb testing.TB, files, blocks int) string {
	tb.Helper()
	dir := tb.TempDir()
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.hcl", i)), []byte(literal(i*blocks, blocks)), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// calls declares n files by for_each, whose contents call functions with the collection of all.
func calls(n int) string {
	return strings.Replace(forEach(n), `content  = "number ${each.value}\n"
}`, `content  = "${lookup(local.many, each.key, 0)} of ${length(local.many)}\n"
}`, 1)
}

func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct {
		name string
		text string
		n    int
	}{
		{"literal/5", literal(0, 5), 5},
		{"literal/1000", literal(0, 1000), 1000},
		{"literal/10000", literal(0, 10_000), 10_000},
		{"chained/1000", chained(1000), 1000},
		{"chained/10000", chained(10_000), 10_000},
		{"for_each/10000", forEach(10_000), 10_000},
		{"for_each/100000", forEach(100_000), 100_000},
		{"calls/1000", calls(1000), 1000},
		{"calls/10000", calls(10_000), 10_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "site.hcl")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				b.Fatal(err)
			}
			benchLoad(b, path, c.n)
		})
	}
	b.Run("folder/200x500", func(b *testing.B) { benchLoad(b, writeFolder(b, 200, 500), 100_000) })
}

func forEach(n int) string {
	return fmt.Sprintf("file \"f\" {\n  for_each = toset([for i in range(%d) : tostring(i)])\n  path     = \"/srv/${each.key}\"\n  content  = \"number ${each.value}\\n\"\n  mode     = \"0644\"\n}\n", 1000) +
		fmt.Sprintf("locals { many = { for p in setproduct(range(%d), range(1000)) : \"${p[0]}-${p[1]}\" => p[1] } }\n", n/1000) +
		"file \"g\" {\n  for_each = local.many\n  path     = \"/many/${each.key}\"\n  content  = \"number ${each.value}\\n\"\n}\n"
}

func benchLoad(b *testing.B, path string, least int) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		site, diags := Load(context.Background(), path, Options{Kinds: resource.KindsOf(testKinds()...), Node: testNode()})
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		if len(site.Resources) < least {
			b.Fatalf("%d resources", len(site.Resources))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*least), "ns/resource")
}

// BenchmarkFloor measures the parser alone: each file in one piece, on one goroutine, without evaluation.
func BenchmarkFloor(b *testing.B) {
	for _, n := range []int{5, 1000, 10_000} {
		src := []byte(literal(0, n))
		b.Run(fmt.Sprintf("literal/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				parseOnly(b, src)
			}
		})
	}
	b.Run("folder/200x500", func(b *testing.B) {
		b.ReportAllocs()
		src := []byte(literal(0, 500))
		for b.Loop() {
			for range 200 {
				parseOnly(b, src)
			}
		}
	})
}

func parseOnly(b *testing.B, src []byte) {
	b.Helper()
	if _, diags := hclsyntax.ParseConfig(src, "site.hcl", hcl.InitialPos); diags.HasErrors() {
		b.Fatal(diags)
	}
}

// BenchmarkOwn measures what this package adds to the parser for literal blocks: everything but parsing, on one
// goroutine.
func BenchmarkOwn(b *testing.B) {
	src := source.Document{Name: "site.hcl", Data: []byte(literal(0, 500))}
	file, diags := hclsyntax.ParseConfig(src.Data, src.Name, hcl.InitialPos)
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	b.ReportAllocs()
	for b.Loop() {
		l := newLoader(context.Background(), nil, Options{Kinds: resource.KindsOf(testKinds()...)})
		m := l.newModule(nil, nil, nil, ".")
		syntax.Split(src, syntax.ChunkSize)
		p := &part{}
		if diags := (decoder{mod: m, room: &unevaluated{}}).decodeBody(file.Body, l.rootSchema(), p); diags.HasErrors() {
			b.Fatal(diags)
		}
		diags := m.addPart(p)
		for _, phase := range []func() hcl.Diagnostics{l.resolveSite, l.evaluateSite, l.linkSite} {
			diags = append(diags, phase()...)
		}
		if diags.HasErrors() {
			b.Fatal(diags)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*500), "ns/resource")
}

// Live memory of a large site, after its syntax trees are dropped.
func BenchmarkRetained(b *testing.B) {
	dir := writeFolder(b, 200, 500)
	for b.Loop() {
		site, diags := Load(context.Background(), dir, Options{Kinds: resource.KindsOf(testKinds()...)})
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		var ms runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&ms)
		b.ReportMetric(float64(ms.HeapAlloc)/float64(len(site.Resources)), "B/resource")
	}
}
