package manifest

import (
	"slices"
	"sync"

	"converge/internal/resource"
)

// kindInfos are the kinds that a manifest may use. The kindInfo of one is made when its first block is read.
type kindInfos struct {
	of    *resource.Kinds
	names []string // sorted

	mu   sync.Mutex
	made map[string]*kindInfo
}

func newKindInfos(of *resource.Kinds) *kindInfos {
	if of == nil {
		of = resource.NewKinds()
	}
	names := of.Names()
	slices.Sort(names)
	return &kindInfos{of: of, names: names, made: map[string]*kindInfo{}}
}

// has reports whether a kind of that name exists.
func (i *kindInfos) has(name string) bool { return i.of.Has(name) }

// find returns the kind of that name; nil if there is none.
func (i *kindInfos) find(name string) *kindInfo {
	i.mu.Lock()
	defer i.mu.Unlock()
	k := i.made[name]
	if k == nil && i.has(name) {
		k = newKindInfo(i.of.Find(name))
		i.made[name] = k
	}
	return k
}

// kindInfo is a kind, indexed for look-up by name.
type kindInfo struct {
	*resource.Kind
	attr   map[string]int    // index into Attrs
	onVerb map[string]string // "restart_on": "restart"
	label  int               // the attribute that the label fills in, -1: none
	names  []string          // everything that a block accepts, for suggestions
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
	i.names = append(i.names, "depends_on", "notifies", "for_each", "when", "on_failure", "protect", "audit")
	return i
}

// isAttribute reports whether a block of any kind has an attribute of that name.
func (l *loader) isAttribute(name string) bool {
	for _, kind := range l.kinds.names {
		if slices.Contains(l.kinds.find(kind).names, name) {
			return true
		}
	}
	return false
}
