package engine

import (
	"sync"

	"converge/internal/resource"
)

// addresses finds resources by their addresses. Its index is made at the first search: a run that notifies nothing and
// owes nothing needs none.
type addresses struct {
	declared []*resource.Resource
	once     sync.Once
	index    map[resource.Addr]int // also of resources that were merged into others
}

// find returns the index of a resource.
func (a *addresses) find(addr resource.Addr) (i int, known bool) {
	a.once.Do(a.makeIndex)
	i, known = a.index[addr]
	return i, known
}

// of returns the index of a known resource.
func (a *addresses) of(addr resource.Addr) int {
	i, _ := a.find(addr)
	return i
}

// add adds a resource that is not declared.
func (a *addresses) add(addr resource.Addr, i int) {
	a.once.Do(a.makeIndex)
	a.index[addr] = i
}

func (a *addresses) makeIndex() {
	a.index = make(map[resource.Addr]int, len(a.declared))
	for i, res := range a.declared {
		a.index[res.Addr] = i
		for _, also := range res.Also {
			a.index[also] = i
		}
	}
}
