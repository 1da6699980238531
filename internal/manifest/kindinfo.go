package manifest

import (
	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// kindInfo is a kind with its names made ready for look-up.
type kindInfo struct {
	*resource.Kind
	attr   map[string]int    // index into Attrs
	onVerb map[string]string // "restart_on": "restart"
	label  int               // the attribute that the label fills in, -1: none
	names  []string          // everything that can stand in a block, for suggestions
}

func newKindInfo(k *resource.Kind) *kindInfo {
	i := &kindInfo{Kind: k, attr: map[string]int{}, onVerb: map[string]string{}, label: -1}
	for n := range k.Attrs {
		a := &k.Attrs[n]
		i.attr[a.Name] = n
		if a.Name == k.Label {
			i.label = n
		}
		if !a.Computed {
			i.names = append(i.names, a.Name)
		}
	}
	for _, v := range k.Verbs {
		i.onVerb[v+"_on"] = v
		i.names = append(i.names, v+"_on")
	}
	i.names = append(i.names, "depends_on", "notifies", "for_each", "when", "on_failure")
	return i
}

// labelFills reports whether a label fills the kind's label attribute. A path
// attribute is only filled by a path.
func (k *kindInfo) labelFills(label string) bool {
	return k.label >= 0 && (k.Label != "path" || len(label) > 0 && label[0] == '/')
}

// rootSchema lists the blocks allowed at the top of a manifest.
func (l *loader) rootSchema() *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "output", LabelNames: []string{"name"}},
		{Type: "module", LabelNames: []string{"name"}},
		{Type: "settings"},
	}}
	for _, n := range l.names {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: n, LabelNames: []string{"name"}})
	}
	return s
}
