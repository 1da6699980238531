package assembly

import (
	"maps"

	"converge/internal/resource"
)

// linkList is the links of resources. Most resources keep their own links; copies would take as much memory as the
// resources.
type linkList struct {
	rs     []*resource.Resource
	others map[int]resource.Links // by index: those of resources that keep none, or whose things have other names
}

// linksOf lists the links of resources, and computes those that a resource does not keep.
func linksOf(rs []*resource.Resource) linkList {
	l := linkList{rs: rs, others: map[int]resource.Links{}}
	for i, r := range rs {
		if !r.KeepsLinks() {
			l.others[i] = r.Links()
		}
	}
	return l
}

// at returns the links of a resource.
func (l linkList) at(i int) resource.Links {
	if other, ok := l.others[i]; ok {
		return other
	}
	return l.rs[i].Links()
}

// clone returns a list that may be changed.
func (l linkList) clone() linkList { return linkList{l.rs, maps.Clone(l.others)} }
