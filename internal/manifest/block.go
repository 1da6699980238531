package manifest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// header is the content of the first line of a resource block, with its place.
type header struct {
	kind  *kindInfo
	mod   *module
	label string
	rng   hcl.Range // of the header
}

// block is one resource block.
type block struct {
	header
	*unevaluated
	node *node // nil: complete

	insts []*instance // in order of key; exactly one, from the start, without for_each
	byKey map[string]*instance
	whole cty.Value // the block as a value, once an expression needs it
}

// unevaluated holds the parts of a block that are still to be evaluated. A constant block has none and is complete from
// the start; most blocks are constant and share one empty unevaluated.
type unevaluated struct {
	attrs     []attrExpr // in the kind's order
	forEach   hcl.Expression
	when      hcl.Expression
	onFailure hcl.Expression
	protect   hcl.Expression
	audit     hcl.Expression
	edges     []edge
	unknown   []hcl.Expression // values of attributes that the kind does not have: their references are checked
	nulls     []nullAttr       // constants that are null
	early     []ref            // of a module, which is expanded before all else: what its for_each and the like refer to
	deps      []dep            // known once these parts are evaluated
}

// clone returns a copy that shares nothing with the next block, which is decoded into the same memory.
func (u *unevaluated) clone() *unevaluated {
	kept := *u
	kept.attrs = slices.Clone(kept.attrs)
	return &kept
}

// constants returns the attributes of a constant block, with room for those that it does not set.
func (u *unevaluated) constants() []attrVal {
	vals := make([]attrVal, 0, len(u.attrs)+2)
	for i := range u.attrs {
		vals = append(vals, attrVal{u.attrs[i].idx, u.attrs[i].val})
	}
	return vals
}

// attrExpr is an attribute in a block, unevaluated.
type attrExpr struct {
	idx  int // into the kind's attributes
	rng  hcl.Range
	expr hcl.Expression // nil: val is its value
	val  cty.Value
}

// instance is one resource of a block.
type instance struct {
	block *block
	res   *resource.Resource // allocated alone, so that it does not keep the tree it was made from
	vals  []attrVal          // what references see: the attributes that are set, in the kind's order
	each  *eachVals          // nil without for_each
	nulls []nullAttr
}

// attrVal is the value of an attribute: of its type, not null, marks kept.
type attrVal struct {
	idx int
	val cty.Value
}

// eachVals holds the values of each.key and each.value.
type eachVals struct {
	key string
	val cty.Value

	// outer is each as the block's expressions see it, if one element makes several resources; nil: this one.
	outer *eachVals
}

// blockKey identifies a block in references.
type blockKey struct{ kind, label string }

func (h *header) key() blockKey { return blockKey{h.kind.Name, h.label} }

func (h *header) addr() resource.Addr {
	return resource.Addr{Module: h.mod.path, Kind: h.kind.Name, Name: h.label}
}

// hasCommon reports whether the block sets one of the attributes that every kind has and that are evaluated.
func (b *block) hasCommon() bool {
	return b.kind.Expand != nil || b.forEach != nil || b.when != nil || b.onFailure != nil || b.protect != nil || b.audit != nil
}

// newResource returns the initial resource of the block, with the attributes that its module passes on.
func (b *block) newResource(each *eachVals) *resource.Resource {
	r := &resource.Resource{
		Addr: b.addr(), Kind: b.kind.Kind, Range: b.rng,
		Off: b.mod.off, OnFailure: b.mod.onFailure, Protect: b.mod.protect, Audit: b.mod.audit,
	}
	if each != nil {
		r.Addr.Key, r.Addr.Each = each.key, true
	}
	return r
}

// inOrder sorts attributes by their place.
func inOrder(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int { return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte) })
}

// attrRange returns the place where an attribute is set, or else the block's
// header.
func (b *block) attrRange(idx int) hcl.Range {
	for i := range b.attrs {
		if b.attrs[i].idx == idx {
			return b.attrs[i].rng
		}
	}
	return b.rng
}

// labelRange returns the place of the label of a block, or else the block's header.
func (h *header) labelRange() hcl.Range {
	text := h.mod.l.files.TextAt(h.rng)
	from, to := strings.IndexByte(text, '"'), strings.LastIndexByte(text, '"')
	if from < 0 || to <= from || h.rng.Start.Line != h.rng.End.Line {
		return h.rng
	}
	at := h.rng
	at.Start.Byte, at.Start.Column = h.rng.Start.Byte+from, h.rng.Start.Column+from
	at.End.Byte, at.End.Column = h.rng.Start.Byte+to+1, at.Start.Column+len([]rune(text[from:to+1]))
	return at
}

// isHiddenWhole reports whether sensitive = true hides an attribute, or one that is derived from it.
func (k *kindInfo) isHiddenWhole(idx int) bool {
	if k.Attrs[idx].HoldsContent() {
		return true
	}
	for i := range k.Attrs {
		from := k.Attrs[i].SecretIf
		if slices.Contains(from, "sensitive") && (i == idx || slices.Contains(from, k.Attrs[idx].Name)) {
			return true
		}
	}
	return false
}

// labelFills reports whether a label fills the kind's label attribute. A path
// attribute is only filled by a path.
func (k *kindInfo) labelFills(label string) bool {
	return k.label >= 0 && (k.Label != "path" || len(label) > 0 && (label[0] == '/' || label == "*"))
}

// rootSchema lists the blocks allowed at the top of a manifest.
func (l *loader) rootSchema() *syntax.Schema {
	headers := []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "output", LabelNames: []string{"name"}},
		{Type: "module", LabelNames: []string{"name"}},
		{Type: "settings"},
		{Type: "secret", LabelNames: []string{"name"}},
		{Type: "forget"},
	}
	for _, n := range l.kinds.names {
		headers = append(headers, hcl.BlockHeaderSchema{Type: n, LabelNames: []string{"name"}})
	}
	return syntax.NewSchema(headers)
}
