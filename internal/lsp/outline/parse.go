package outline

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"converge/internal/manifest/syntax"
)

// maxJoined is how many pieces are tried as one if a piece does not parse alone: a nested block may also begin at the
// left edge.
const maxJoined = 6

// Parser parses documents anew after each edit. It caches the result of each piece, so that an edit costs the parsing of
// one piece. It is for one goroutine.
type Parser struct{ known map[string]*piece }

// piece holds the content of a part of a document, with offsets from its start.
type piece struct {
	blocks []Block
	refs   []Ref
	failed bool
	line   int // of one that does not parse: the offset of the first error
}

// Parse parses a document. edited is the offset of the latest edit, the likeliest place of a mistake; -1: unknown.
func (p *Parser) Parse(src []byte, edited int) *Document {
	d := &Document{Text: src, Healed: src}
	known := map[string]*piece{}
	cuts := append(cutBlocks(src), len(src))
	for i := 0; i+1 < len(cuts); {
		n, found := p.parseFrom(src, cuts[i:])
		at, part := cuts[i], src[cuts[i]:cuts[i+n]]
		if found.failed {
			healed, good := heal(part, edited-at, found.line)
			if len(d.Broken) == 0 {
				d.Healed = slices.Clone(src)
			}
			copy(d.Healed[at:], healed)
			d.Broken = append(d.Broken, Span{at, at + len(part)})
			found = good
		} else {
			known[string(part)] = found
		}
		d.add(found, at)
		i += n
	}
	p.known = known
	return d
}

// parseFrom parses the first piece between cuts, or several as one if the first does not parse alone, and returns how
// many it parsed.
func (p *Parser) parseFrom(src []byte, cuts []int) (n int, first *piece) {
	first = p.parse(src[cuts[0]:cuts[1]])
	if !first.failed {
		return 1, first
	}
	for n := 2; n < len(cuts) && n <= maxJoined; n++ {
		if all := p.parse(src[cuts[0]:cuts[n]]); !all.failed {
			return n, all
		}
	}
	return 1, first
}

func (p *Parser) parse(src []byte) *piece {
	if old := p.known[string(src)]; old != nil {
		return old
	}
	return parsePiece(src)
}

func parsePiece(src []byte) *piece {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos) // the parser reports the errors
	if syntax.CheckDepth(tokens).HasErrors() {
		return &piece{failed: true}
	}
	file, diags := hclsyntax.ParseConfig(src, "", hcl.InitialPos)
	if diags.HasErrors() {
		return &piece{failed: true, line: diags[0].Subject.Start.Byte}
	}
	out := &piece{}
	body := file.Body.(*hclsyntax.Body)
	for _, b := range body.Blocks {
		out.blocks = append(out.blocks, readBlock(b, src))
	}
	out.refs = readRefs(body)
	return out
}

// add adds a piece that begins at an offset.
func (d *Document) add(p *piece, at int) {
	for i := range p.blocks {
		d.Blocks = append(d.Blocks, p.blocks[i].moved(at))
	}
	for i := range p.refs {
		r := p.refs[i]
		r.Span, r.Steps = r.Span.moved(at), slices.Clone(r.Steps)
		for n := range r.Steps {
			r.Steps[n].Span = r.Steps[n].Span.moved(at)
		}
		d.Refs = append(d.Refs, r)
	}
}

func (b Block) moved(by int) Block {
	b.Type.Span, b.Header, b.Body, b.Span = b.Type.Span.moved(by), b.Header.moved(by), b.Body.moved(by), b.Span.moved(by)
	b.Labels, b.Attrs, b.Blocks = slices.Clone(b.Labels), slices.Clone(b.Attrs), slices.Clone(b.Blocks)
	for i := range b.Labels {
		b.Labels[i].Span = b.Labels[i].Span.moved(by)
	}
	for i := range b.Attrs {
		a := &b.Attrs[i]
		a.Name.Span, a.Expr = a.Name.Span.moved(by), a.Expr.moved(by)
	}
	for i := range b.Blocks {
		b.Blocks[i] = b.Blocks[i].moved(by)
	}
	return b
}
