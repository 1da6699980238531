// Package outline finds the declarations and references of a manifest, with places, while it is being written: a block
// that does not parse does not affect the others.
//
// Start with [Parser.Parse]. It evaluates nothing, reads no file, and knows no kinds.
package outline

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Span is the bytes from Start up to End.
type Span struct{ Start, End int }

// Holds reports whether an offset is in the span or at one of its ends.
func (s Span) Holds(offset int) bool { return s.Start <= offset && offset <= s.End }

func (s Span) moved(by int) Span { return Span{s.Start + by, s.End + by} }

func spanOf(r hcl.Range) Span { return Span{r.Start.Byte, r.End.Byte} }

// Name is a word with its place, without quotes.
type Name struct {
	Text string
	Span Span
}

// Attr is an attribute that is set.
type Attr struct {
	Name  Name
	Expr  Span
	Text  string // the value, if it is a plain text
	Plain bool   // Text is set
}

// Block is a block at the top of a manifest, or one nested in it.
type Block struct {
	Type   Name
	Labels []Name
	Header Span // type and labels
	Body   Span // between the braces
	Span   Span
	Attrs  []Attr
	Blocks []Block
}

// Label returns the block's first label.
func (b *Block) Label() string {
	if len(b.Labels) == 0 {
		return ""
	}
	return b.Labels[0].Text
}

// Attr returns the attribute of that name, nil if it is not set.
func (b *Block) Attr(name string) *Attr {
	for i := range b.Attrs {
		if b.Attrs[i].Name.Text == name {
			return &b.Attrs[i]
		}
	}
	return nil
}

// Step is one step of a reference: a name after a dot, or a text in brackets.
type Step struct {
	Name
	Indexed bool // the span includes the brackets
}

// Ref is a reference.
type Ref struct {
	Steps []Step
	Span  Span
}

// String returns the reference as names joined by dots, for comparisons.
func (r *Ref) String() string {
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Text)
	}
	return strings.Join(names, ".")
}

// Document is a manifest in native syntax.
type Document struct {
	Text   []byte
	Blocks []Block
	Refs   []Ref

	// Healed is Text with the parts that do not parse blanked; all offsets stay valid. Broken are the blocks with such
	// parts.
	Healed []byte
	Broken []Span
}

// BlockAt returns the top-level block around an offset, nil if there is none.
func (d *Document) BlockAt(offset int) *Block {
	for i := range d.Blocks {
		if d.Blocks[i].Span.Holds(offset) {
			return &d.Blocks[i]
		}
	}
	return nil
}

// RefAt returns the reference at an offset and the step there, nil if there is none.
func (d *Document) RefAt(offset int) (r *Ref, step int) {
	for i := range d.Refs {
		if r := &d.Refs[i]; r.Span.Holds(offset) {
			for n := range r.Steps {
				if r.Steps[n].Span.Holds(offset) {
					return r, n
				}
			}
		}
	}
	return nil, 0
}
