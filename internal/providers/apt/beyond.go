package apt

import (
	"slices"

	"converge/internal/resource"
)

// watch reads the database before a transaction for the changes; its result
// reads it again afterwards, for [Provider.Beyond]. Only that shows what was
// really done: between a plan and its transaction the package lists may have
// been renewed. The job tells which packages provide the names that no package
// has.
func (p *Provider) watch(cs []resource.Change) func(j *job) {
	p.setBeyond(nil)
	before, err := p.database()
	if err != nil {
		return func(*job) {} // the transaction will say so
	}
	return func(j *job) {
		after, err := p.database()
		if err != nil {
			return
		}
		var meant []string
		if j != nil {
			for _, it := range j.items {
				meant = append(meant, it.name)
			}
		}
		p.setBeyond(beyond(before, after, cs, meant...))
	}
}

// beyond lists the packages whose version differs and that no change is about.
func beyond(before, after *database, cs []resource.Change, meant ...string) []resource.Change {
	asked := map[string]bool{}
	for _, name := range meant {
		asked[name] = true
	}
	for _, c := range cs {
		name := resource.StringAttr(c.Want, "name")
		for _, d := range []*database{before, after} {
			asked[d.nameOf(name)] = true
		}
	}
	var out []resource.Change
	note := func(name string) {
		was, _ := before.exactly(name)
		now, _ := after.exactly(name)
		if o := (operation{name: name, old: was.there(), new: now.there()}); o.old != o.new && !asked[name] {
			out = append(out, undeclared(o))
		}
	}
	for name := range before.all {
		note(name)
	}
	for name := range after.all {
		if _, known := before.exactly(name); !known {
			note(name)
		}
	}
	slices.SortFunc(out, func(a, b resource.Change) int { return a.Addr.Compare(b.Addr) })
	return out
}

// there is the version of a package that is there, "" if it is not.
func (p pkg) there() string {
	if p.gone() {
		return ""
	}
	return p.version
}

func (p *Provider) setBeyond(cs []resource.Change) {
	p.last.mu.Lock()
	defer p.last.mu.Unlock()
	p.last.beyond = cs
}

// Beyond implements [resource.Solver].
func (p *Provider) Beyond() []resource.Change {
	p.last.mu.Lock()
	defer p.last.mu.Unlock()
	return p.last.beyond
}
