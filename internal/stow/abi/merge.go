package abi

import (
	"slices"
	"strings"
)

// merger merges the facts of many objects into those of an image.
type merger struct {
	libraries map[key]*Library
	own       map[key]bool // names that any object of the image exports, by architecture
	links     map[key]*Link
	uses      map[Use]bool
}

func newMerger() *merger {
	return &merger{map[key]*Library{}, map[key]bool{}, map[key]*Link{}, map[Use]bool{}}
}

// addOffer adds the exports of an object. Of two libraries with one name (a plain one and one for newer processors, say)
// only their common exports are reliable.
func (m *merger) addOffer(o Object) {
	for _, s := range o.Exports {
		m.own[key{o.Arch, s.Name}] = true
	}
	if !o.Library || o.Soname == "" {
		return
	}
	k := key{o.Arch, o.Soname}
	l := Library{o.Soname, o.Arch, sortUnique(o.Defined), cloneUnique(o.Exports), sortUnique(o.Needed)}
	old, ok := m.libraries[k]
	if !ok {
		m.libraries[k] = &l
		return
	}
	old.Symbols = intersect(old.Symbols, l.Symbols)
	if old.Versions != nil && l.Versions != nil {
		old.Versions = intersect(old.Versions, l.Versions)
	} else if old.Versions == nil {
		old.Versions = l.Versions // a required version fails on the library that has a table
	}
	old.Through = intersect(old.Through, l.Through)
}

// cloneUnique returns the symbols without duplicates, in memory of their own.
func cloneUnique(list []Symbol) []Symbol {
	out := make([]Symbol, len(list))
	for i, s := range list {
		s.Name, s.Version = strings.Clone(s.Name), strings.Clone(s.Version)
		out[i] = s
	}
	slices.SortFunc(out, compareSymbols)
	return slices.Compact(out)
}

func intersect[T comparable](a, b []T) []T {
	in := map[T]bool{}
	for _, v := range b {
		in[v] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(v T) bool { return !in[v] })
}

// addNeeds adds an object's imports that the image does not provide itself.
func (m *merger) addNeeds(o Object) {
	for _, soname := range o.Needed {
		m.linkTo(o, soname)
	}
	for _, n := range o.Needs {
		if l := m.linkTo(o, n.Soname); l != nil {
			l.Versions = append(l.Versions, n.Versions...)
		}
	}
	for _, u := range o.Imports {
		_, u.Soname = splitNeeded(u.Soname)
		if u.Soname == "" {
			if m.own[key{o.Arch, u.Name}] {
				continue
			}
		} else if m.libraries[key{o.Arch, u.Soname}] != nil {
			continue
		}
		if !m.uses[u] {
			u.Name, u.Version, u.Soname = strings.Clone(u.Name), strings.Clone(u.Version), strings.Clone(u.Soname)
			m.uses[u] = true
		}
	}
}

// linkTo returns the link to a library, nil if it has no name or the image contains it.
func (m *merger) linkTo(o Object, name string) *Link {
	if name == "" {
		return nil
	}
	dir, soname := splitNeeded(name)
	if dir == "" {
		dir = cleanRunPath(o.RunPath)
	}
	k := key{o.Arch, soname}
	if m.libraries[k] != nil {
		return nil
	}
	l, ok := m.links[k]
	if !ok {
		l = &Link{Soname: soname, Arch: o.Arch, RunPath: dir}
		m.links[k] = l
	} else if l.RunPath != dir {
		l.RunPath = ""
	}
	return l
}

func (m *merger) toFacts() Facts {
	f := Facts{Uses: make([]Use, 0, len(m.uses))}
	for _, l := range m.libraries {
		l.Through = slices.DeleteFunc(l.Through, func(s string) bool {
			return m.libraries[key{l.Arch, s}] == nil || s == l.Soname
		})
		if len(l.Through) == 0 {
			l.Through = nil // as control data has it
		}
		f.Libraries = append(f.Libraries, *l)
	}
	for _, l := range m.links {
		l.Versions = sortUnique(l.Versions)
		f.Links = append(f.Links, *l)
	}
	for u := range m.uses {
		f.Uses = append(f.Uses, u)
	}
	f.sortAll()
	return f
}
