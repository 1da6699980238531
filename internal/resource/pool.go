package resource

import (
	"slices"
	"sync"

	"github.com/zclconf/go-cty/cty"
)

// Pool holds once in memory what many resources of a site share: the types of wanted values, and needs. It is safe for
// concurrent use. The zero Pool is empty.
type Pool struct {
	mu    sync.Mutex
	types map[*Kind][]cty.Value // a value of each type
	needs map[string][]Need     // by the key of the first
}

// maxTypes is how many types of wanted values a kind keeps to compare new ones with.
const maxTypes = 8

// KeepLinks is [Resource.KeepLinks] for a resource that shares memory with others through the pool.
func (p *Pool) KeepLinks(r *Resource) {
	r.Want = p.shareType(r.Kind, r.Want)
	r.KeepLinks()
	if r.keepsLinks() {
		r.kept.needs = p.shareNeeds(r.kept.needs)
	}
}

// shareType returns v with the type of an earlier value, if their types are equal.
func (p *Pool) shareType(kind *Kind, v cty.Value) cty.Value {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.types[kind]
	i := slices.IndexFunc(known, func(k cty.Value) bool { return k.Type().Equals(v.Type()) })
	switch {
	case i >= 0:
		// The elements of a list have one type: that of the first element.
		return cty.ListVal([]cty.Value{known[i], v}).Index(cty.NumberIntVal(1))
	case len(known) < maxTypes:
		if p.types == nil {
			p.types = map[*Kind][]cty.Value{}
		}
		p.types[kind] = append(known, v)
	}
	return v
}

// shareNeeds returns the equal needs of an earlier resource, if there are any.
func (p *Pool) shareNeeds(needs []Need) []Need {
	if len(needs) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.needs[needs[0].Key]
	switch {
	case ok && slices.Equal(known, needs):
		return known
	case !ok:
		if p.needs == nil {
			p.needs = map[string][]Need{}
		}
		p.needs[needs[0].Key] = needs
	}
	return needs
}
