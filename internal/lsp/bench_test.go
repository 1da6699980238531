package lsp_test

import (
	"fmt"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"converge/internal/lsp/text"
)

// BenchmarkKeystroke measures one letter in a folder of 1,000 resources in one file: the edit followed by a completion,
// and the edit followed by the diagnostics of the whole site. The bound is 50 ms for either.
func BenchmarkKeystroke(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(200)) // as in cmd/converge
	var src strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&src, "file \"f%d\" {\n  path    = \"/etc/f%d\"\n  content = \"${local.x} %d\"\n  mode    = \"0644\"\n}\n", i, i, i)
	}
	src.WriteString("locals { x = \"y\" }\nservice \"s\" {\n  restart_on = [file.\n")
	start := func(b *testing.B, quiet time.Duration) (*editor, text.Position) {
		e := startQuiet(b, b.TempDir(), quiet)
		e.initialize()
		e.open("site.hcl", src.String())
		if quiet == 0 {
			e.receive()
		}
		return e, text.New([]byte(src.String())).Position(src.Len() - 1)
	}
	change := func(e *editor, at text.Position, i int) {
		r := text.Range{Start: at, End: at}
		letter := "f"
		if i%2 == 1 {
			letter, r.End.Character = "", r.End.Character+1
		}
		e.notify("textDocument/didChange", map[string]any{"textDocument": e.document("site.hcl"), "contentChanges": []any{map[string]any{"range": r, "text": letter}}})
	}
	// Processor time as well as elapsed time, because the machine may be busy.
	processors := func(b *testing.B, run func()) {
		before := processorTime(b)
		run()
		b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
	}
	b.Run("completion", func(b *testing.B) {
		e, at := start(b, time.Hour)
		e.request("textDocument/documentSymbol", map[string]any{"textDocument": e.document("site.hcl")})
		processors(b, func() {
			for i := 0; b.Loop(); i++ {
				change(e, at, i)
				e.request("textDocument/completion", map[string]any{"textDocument": e.document("site.hcl"), "position": at})
			}
		})
	})
	b.Run("diagnostics", func(b *testing.B) {
		e, at := start(b, 0)
		processors(b, func() {
			for i := 0; b.Loop(); i++ {
				change(e, at, i)
				e.receive()
			}
		})
	})
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
