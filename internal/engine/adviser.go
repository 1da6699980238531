package engine

import (
	"slices"
	"strings"

	"converge/internal/resource"
)

// adviser says what brings a thing that a resource lacks. Many resources may lack the same: what does not depend on the
// resource is found once.
type adviser struct {
	*plan
	bringers map[string]bringers // by key
	provided map[string]bool     // the keys that resources of the site provide
	packages []int               // that this run installs
}

// bringers is what may bring a thing.
type bringers struct {
	known      string // the package that is known to bring it; "": none
	akin       []int  // the packages of this run whose names have to do with it
	isDeclared bool   // the site declares the known package
}

// adviserOf returns the adviser of a plan.
func adviserOf(p *plan) *adviser {
	if p.adviser != nil {
		return p.adviser
	}
	r := &adviser{plan: p, bringers: map[string]bringers{}, provided: map[string]bool{}}
	for i, res := range p.Resources {
		for _, key := range res.Links().Provides {
			r.provided[key] = true
		}
		if p.Machine.shipperOf(res.Provider()) != nil && r.isInstalled(i) {
			r.packages = append(r.packages, i)
		}
	}
	p.adviser = r
	return r
}

// isInstalled reports whether this run installs a package.
func (r *adviser) isInstalled(p int) bool {
	s := &r.steps[p]
	return s.state != off && s.err == nil && s.action() == resource.Create
}

// bringersOf finds what may bring the thing of a key.
func (r *adviser) bringersOf(key string) bringers {
	b, ok := r.bringers[key]
	if ok {
		return b
	}
	if r.Machine.Brings != nil {
		b.known = r.Machine.Brings(key)
		b.isDeclared = r.provided["package:"+b.known]
	}
	words := wordsOf(key)
	for _, p := range r.packages {
		if label := r.Resources[p].Label(); slices.ContainsFunc(words, func(w string) bool { return strings.Contains(label, w) }) {
			b.akin = append(b.akin, p)
		}
	}
	r.bringers[key] = b
	return b
}
