package syntax

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"converge/internal/manifest/source"
)

// Parse parses a chunk.
func Parse(c Chunk) (*hcl.File, hcl.Diagnostics) {
	if c.Doc.JSON {
		return json.Parse(c.data, c.Doc.Name)
	}
	return hclsyntax.ParseConfig(c.data, c.Doc.Name, c.start)
}

// Whole returns a document as one chunk.
func Whole(d source.Document) Chunk {
	return Chunk{Doc: d, data: d.Data, start: hcl.InitialPos}
}

// ParseAttributes parses a document of attributes alone, such as a file of
// variables.
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
