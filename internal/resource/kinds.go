package resource

import (
	"fmt"
	"slices"
	"sync"
)

// Kinds are the kinds that a manifest may declare, by name. A kind is made at its first use: there are thirty, and
// most runs need five. All methods are safe for concurrent use.
type Kinds struct {
	names []string // in the order of the reference

	mu       sync.Mutex
	makers   map[string]func() *Kind
	made     map[string]*Kind
	complete func(*Kind) // the function given to [Kinds.Complete]; nil: none
}

// KindMaker makes the kind with a name.
type KindMaker struct {
	Name string
	Make func() *Kind
}

// NewKinds returns the kinds that the makers make.
func NewKinds(makers ...KindMaker) *Kinds {
	ks := &Kinds{makers: make(map[string]func() *Kind, len(makers)), made: map[string]*Kind{}}
	for _, m := range makers {
		ks.names = append(ks.names, m.Name)
		ks.makers[m.Name] = m.Make
	}
	return ks
}

// KindsOf returns kinds that are made already.
func KindsOf(all ...*Kind) *Kinds {
	makers := make([]KindMaker, len(all))
	for i, k := range all {
		makers[i] = KindMaker{Name: k.Name, Make: func() *Kind { return k }}
	}
	return NewKinds(makers...)
}

// Find returns the kind with that name, always the same one; nil if there is none.
func (ks *Kinds) Find(name string) *Kind {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	k := ks.made[name]
	if k != nil || ks.makers[name] == nil {
		return k
	}
	if k = ks.makers[name](); k.Name != name {
		panic(fmt.Sprintf("the maker of the kind %q makes %q", name, k.Name))
	}
	if ks.complete != nil {
		ks.complete(k)
	}
	ks.made[name] = k
	return k
}

// Has reports whether there is a kind with that name.
func (ks *Kinds) Has(name string) bool { return ks.makers[name] != nil }

// Names are those of all kinds, in the order of the reference.
func (ks *Kinds) Names() []string { return slices.Clone(ks.names) }

// All makes every kind.
func (ks *Kinds) All() []*Kind {
	all := make([]*Kind, len(ks.names))
	for i, name := range ks.names {
		all[i] = ks.Find(name)
	}
	return all
}

// Complete has a function complete each kind: those that are made already now, the others when they are made. A
// manifest is read before the providers exist. The function must not ask for kinds.
func (ks *Kinds) Complete(complete func(*Kind)) {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	ks.complete = complete
	for _, k := range ks.made {
		complete(k)
	}
}
