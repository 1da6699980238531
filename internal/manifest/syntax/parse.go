// Package syntax cuts large manifests at top-level blocks, refuses nesting that would overflow the parsers' stack, makes
// JSON expressions native, and formats.
//
// Start with [Split] and [Parse]. The package does not know modules, kinds, or values other than literals. It reads
// plain blocks without HCL (read.go).
package syntax

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	hcljson "github.com/hashicorp/hcl/v2/json"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/source"
)

// Parse parses a chunk.
func Parse(c Chunk) (*hcl.File, hcl.Diagnostics) {
	if c.Doc.JSON {
		file, diags := hcljson.Parse(c.data, c.Doc.Name)
		if diags.HasErrors() {
			diags = explainJSON(c, diags)
		}
		return file, diags
	}
	if d := findSwallowed(c); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	if body, ok := readPlain(c); ok {
		return &hcl.File{Body: body, Bytes: c.data}, nil
	}
	file, diags := hclsyntax.ParseConfig(c.data, c.Doc.Name, c.start)
	if diags.HasErrors() {
		diags = explain(c, diags)
	}
	return file, diags
}

// Whole returns a document as one chunk.
func Whole(d source.Document) Chunk {
	return Chunk{Doc: d, data: d.Data, start: hcl.InitialPos}
}

// Part returns the bytes of a document between two offsets as a chunk, whose diagnostics have their places in the
// document. The first offset must be the beginning of a line.
func Part(d source.Document, from, to int) Chunk {
	line := 1 + bytes.Count(d.Data[:from], []byte("\n"))
	return Chunk{Doc: d, data: d.Data[from:to], start: hcl.Pos{Line: line, Column: 1, Byte: from}}
}

// ParseAttributes parses a document that contains only attributes, such as a file of variables.
func ParseAttributes(d source.Document) (hcl.Attributes, hcl.Diagnostics) {
	if _, diags := Split(d, 0); diags.HasErrors() {
		return nil, diags
	}
	file, diags := Parse(Whole(d))
	if diags.HasErrors() {
		return nil, diags
	}
	return file.Body.JustAttributes()
}

// Format formats a manifest as converge fmt does. The file name determines the syntax. It returns diagnostics for a text
// that does not parse. Formatting twice changes nothing.
func Format(src []byte, filename string) (out []byte, diags hcl.Diagnostics) {
	diags = diag.Guard(func() hcl.Diagnostics {
		var more hcl.Diagnostics
		out, more = format(source.Document{Name: filename, Data: src, JSON: strings.HasSuffix(filename, ".json")})
		return more
	})
	return out, diag.Tidy(diags)
}

func format(s source.Document) ([]byte, hcl.Diagnostics) {
	if _, diags := Split(s, 0); diags.HasErrors() {
		return nil, diags
	}
	if s.JSON {
		if _, diags := Parse(Whole(s)); diags.HasErrors() {
			return nil, diags
		}
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(s.Data), "", "  "); err != nil {
			return nil, hcl.Diagnostics{diag.Failure("Invalid JSON", diag.Sentence(err), nil)}
		}
		b.WriteByte('\n')
		return b.Bytes(), nil
	}
	if _, diags := Parse(Whole(s)); diags.HasErrors() {
		return nil, diags
	}
	out := hclwrite.Format(s.Data)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return out, nil
}
