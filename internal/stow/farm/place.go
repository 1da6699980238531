package farm

import (
	"slices"
	"strings"
)

// place is the plan for one directory of the target.
type place struct {
	path   string
	above  *place // nil for the target itself
	name   string // in above
	links  slots
	dirs   slots
	hidden bool // a link on this path is to be removed: entries that the disk shows here will disappear
	below  []*place
}

// slots are tasks by name. Names mostly arrive and are looked up in the same order: then no name is hashed.
type slots struct {
	names []string
	tasks []int32
	at    int            // the last index found
	index map[string]int // of names, after they arrived out of order
}

const (
	none = -1
	few  = 32 // initial number of names
)

// find returns the slot of a name, or none.
func (s *slots) find(name string) int {
	n := len(s.names)
	if n == 0 {
		return none
	}
	for i := s.at; i < n && i <= s.at+1; i++ {
		if s.names[i] == name {
			s.at = i
			return i
		}
	}
	if s.index != nil {
		if i, ok := s.index[name]; ok {
			s.at = i
			return i
		}
		return none
	}
	if name > s.names[n-1] {
		return none
	}
	i, ok := slices.BinarySearch(s.names, name)
	if !ok {
		return none
	}
	s.at = i
	return i
}

// task returns the task for a name, or none.
func (s *slots) task(name string) int32 {
	if i := s.find(name); i != none {
		return s.tasks[i]
	}
	return none
}

// set assigns a task to a name.
func (s *slots) set(name string, task int32) {
	if i := s.find(name); i != none {
		s.tasks[i] = task
		return
	}
	n := len(s.names)
	if s.index == nil && n > 0 && name < s.names[n-1] {
		s.index = make(map[string]int, 2*n)
		for i, name := range s.names {
			s.index[name] = i
		}
	}
	if s.index != nil {
		s.index[name] = n
	}
	if n == 0 { // make room for some
		s.names, s.tasks = make([]string, 0, few), make([]int32, 0, few)
	}
	s.names, s.tasks, s.at = append(s.names, name), append(s.tasks, task), n
}

// findPlace returns the plan for the directory of path, which it makes if needed, and the name in it.
func (s *state) findPlace(path string) (*place, string) {
	dir, name := "", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	if s.last == nil || s.last.path != dir {
		s.last = s.placeAt(dir)
	}
	return s.last, name
}

func (s *state) placeAt(dir string) *place {
	if p, ok := s.places[dir]; ok {
		return p
	}
	p := &place{path: dir}
	s.places[dir] = p
	if dir != "" {
		p.above, p.name = s.placeAt(parentPath(dir)), dir[strings.LastIndexByte(dir, '/')+1:]
		p.above.below = append(p.above.below, p)
		p.updateHiddenBelow(s)
	}
	return p
}

// updateHiddenBelow determines whether the place and the places below it are hidden.
func (p *place) updateHiddenBelow(s *state) {
	p.hidden = p.above.hidden || s.kindOf(p.above.links.task(p.name)) == Unlink
	for _, q := range p.below {
		q.updateHiddenBelow(s)
	}
}
