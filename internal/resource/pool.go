package resource

import (
	"slices"
	"sync"

	"github.com/zclconf/go-cty/cty"
)

// Pool has what many resources of a site have in common in memory once: the types of what they
// want, and what they need. It serves several goroutines. The zero Pool is empty.
type Pool struct {
	mu    sync.Mutex
	types map[*Kind][]cty.Value // a value of each type
	needs map[string][]Need     // by the key of the first
}

// maxTypes is how many types of wanted values of one kind are compared with another one.
const maxTypes = 8

// KeepLinks is [Resource.KeepLinks], of a resource that shares with others what it has in common
// with them.
func (p *Pool) KeepLinks(r *Resource) {
	r.Want = p.shareType(r.Kind, r.Want)
	r.KeepLinks()
	if r.keepsLinks() {
		r.kept.needs = p.shareNeeds(r.kept.needs)
	}
}

// shareType returns a value with the type that an equal one has brought.
func (p *Pool) shareType(kind *Kind, v cty.Value) cty.Value {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.types[kind]
	i := slices.IndexFunc(known, func(k cty.Value) bool { return k.Type().Equals(v.Type()) })
	switch {
	case i >= 0:
		// The elements of a list have one type: that of the first.
		return cty.ListVal([]cty.Value{known[i], v}).Index(cty.NumberIntVal(1))
	case len(known) < maxTypes:
		if p.types == nil {
			p.types = map[*Kind][]cty.Value{}
		}
		p.types[kind] = append(known, v)
	}
	return v
}

// shareNeeds returns needs that are the same as those which another resource has brought.
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
