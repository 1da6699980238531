package lsp_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"converge/internal/lsp/wire"
)

// TestCorrections applies the correction of every "did you mean" in the broken manifests of the language's tests: that
// error must disappear.
func TestCorrections(t *testing.T) {
	names, err := filepath.Glob("../manifest/testdata/broken/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	corrected := 0
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(ar.Comment)
		for _, f := range ar.Files {
			text += string(f.Data)
		}
		if base := filepath.Base(name); !strings.Contains(text, "Did you mean") || strings.HasPrefix(base, "input_") || base == "unknown_node.txtar" || // needs its node
			len(ar.Files) != 2 || ar.Files[0].Name != "site.hcl" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			corrected += correctAll(t, string(ar.Files[0].Data))
		})
	}
	if corrected < 10 {
		t.Errorf("%d corrections, want 10 or more", corrected)
	}
}

// correctAll applies the corrections of a manifest one after the other, and returns their number.
func correctAll(t *testing.T, src string) (n int) {
	e := startEditor(t, t.TempDir())
	e.initialize()
	e.open("site.hcl", src)
	for ; ; n++ {
		proposed := proposals(e.diagnostics(t))
		if len(proposed) == 0 || n > 20 {
			break
		}
		d := proposed[0]
		raw := e.request("textDocument/codeAction", map[string]any{
			"textDocument": e.document("site.hcl"), "range": d.Range, "context": map[string]any{"diagnostics": []any{d}},
		})
		var actions []wire.CodeAction
		if err := json.Unmarshal(raw, &actions); err != nil || len(actions) != 1 {
			t.Fatalf("%s has the actions %s", d.Message, raw)
		}
		edits := actions[0].Edit.Changes[e.uri("site.hcl")]
		src = apply(t, edits, src)
		e.notify("textDocument/didChange", map[string]any{
			"textDocument": e.document("site.hcl"), "contentChanges": []any{map[string]any{"range": edits[0].Range, "text": edits[0].NewText}},
		})
		for _, still := range proposals(e.diagnostics(t)) {
			if still.Message == d.Message {
				t.Fatalf("%s: still so in\n%s", d.Message, src)
			}
		}
		e.open("site.hcl", src) // asks again
	}
	if n == 0 {
		t.Errorf("no proposal in\n%s", src)
	}
	return n
}

// diagnostics waits for the next diagnostics of a document.
func (e *editor) diagnostics(t *testing.T) []wire.Diagnostic {
	for {
		m := e.receive()
		if m.Method != "textDocument/publishDiagnostics" {
			continue
		}
		var p wire.PublishDiagnostics
		if err := json.Unmarshal(m.Params, &p); err != nil {
			t.Fatal(err)
		}
		return p.Diagnostics
	}
}

func proposals(diags []wire.Diagnostic) (out []wire.Diagnostic) {
	for _, d := range diags {
		if strings.Contains(d.Message, "Did you mean") {
			out = append(out, d)
		}
	}
	return out
}
