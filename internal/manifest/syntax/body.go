package syntax

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Attribute is an attribute of a block.
type Attribute struct {
	Name      string
	Expr      hcl.Expression
	NameRange *hcl.Range
}

// ListAttributes returns the attributes of a block in order of place. If the block also contains blocks, it returns
// HCL's error about them.
func ListAttributes(b *hcl.Block) ([]Attribute, hcl.Diagnostics) {
	var out []Attribute
	var diags hcl.Diagnostics
	if body, ok := b.Body.(*hclsyntax.Body); ok && len(body.Blocks) == 0 {
		out = make([]Attribute, 0, len(body.Attributes))
		for _, a := range body.Attributes {
			out = append(out, Attribute{a.Name, a.Expr, &a.NameRange})
		}
	} else {
		var attrs hcl.Attributes
		attrs, diags = b.Body.JustAttributes()
		for _, a := range attrs {
			out = append(out, Attribute{a.Name, a.Expr, &a.NameRange})
		}
	}
	slices.SortFunc(out, func(a, b Attribute) int { return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte) })
	return out, diags
}

// Schema lists the blocks that a manifest may have at its top.
type Schema struct {
	hcl.BodySchema
	labels map[string]int // the number of labels of each block
}

// NewSchema returns the schema of blocks with those headers.
func NewSchema(headers []hcl.BlockHeaderSchema) *Schema {
	s := &Schema{BodySchema: hcl.BodySchema{Blocks: headers}, labels: make(map[string]int, len(headers))}
	for _, h := range headers {
		s.labels[h.Type] = len(h.LabelNames)
	}
	return s
}

// ListBlocks returns the blocks of a body. HCL reports everything else in it; its many look-ups are skipped if there is
// nothing else.
func (s *Schema) ListBlocks(body hcl.Body) (hcl.Blocks, hcl.Diagnostics) {
	if native, ok := body.(*hclsyntax.Body); ok && s.fits(native) {
		out := make(hcl.Blocks, len(native.Blocks))
		for i, b := range native.Blocks {
			out[i] = b.AsHCLBlock()
		}
		return out, nil
	}
	content, diags := body.Content(&s.BodySchema)
	return content.Blocks, s.explainJSONBlocks(diags)
}

// fits reports whether a body contains only blocks of the schema.
func (s *Schema) fits(body *hclsyntax.Body) bool {
	for _, b := range body.Blocks {
		if n, known := s.labels[b.Type]; !known || n != len(b.Labels) {
			return false
		}
	}
	return len(body.Attributes) == 0
}
