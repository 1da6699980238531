package engine

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/notify"
	"converge/internal/resource"
)

// debtTargets resolves the targets of debts: resources of the site, under any name
// that earlier runs used, and things that the site no longer declares.
type debtTargets struct {
	site *site
	o    Options

	things  map[string]int                      // key → index of its resource; made at first use
	names   map[notify.Owner][]notify.Owner     // other names by which the journal knows an owner
	foreign map[notify.Owner]*resource.Resource // undeclared owners → their resources
	meant   map[notify.Owner]meant              // by the name in the journal
	deeds   map[string]int                      // what a command does → index of the command
}

func newDebtTargets(s *site, o Options) *debtTargets {
	return &debtTargets{
		site: s, o: o, names: map[notify.Owner][]notify.Owner{},
		foreign: map[notify.Owner]*resource.Resource{}, meant: map[notify.Owner]meant{},
	}
}

// meant is the resolved owner of a debt.
type meant struct {
	owner  notify.Owner
	target resource.Addr
	drop   string // why nothing can be delivered to it
	leave  bool   // it belongs to another site
}

// ownerOf identifies a resource in debts.
func ownerOf(res *resource.Resource) notify.Owner {
	return notify.Debt{Target: res.Addr, Thing: res.Key}.Owner()
}

// resourceOf finds the resource of a debt's owner; false: the site has none.
func (r *debtTargets) resourceOf(o notify.Owner) (i int, declared bool) {
	if o.Thing == "" {
		i, declared = r.site.at.find(o.Target)
		return i, declared
	}
	if r.things == nil {
		r.things = make(map[string]int, len(r.site.Resources))
		for i, res := range r.site.Resources {
			if old, taken := r.things[res.Key]; res.Key != "" && (!taken || r.site.Resources[old].Off) {
				r.things[res.Key] = i
			}
		}
	}
	i, declared = r.things[o.Thing]
	return i, declared
}

// takeOver adds to q what earlier runs left owed, under current names. It returns the debts that cannot be delivered
// any more.
func (r *debtTargets) takeOver(q *notify.Queue) []dropped {
	var lost notify.Queue
	for _, d := range r.o.Owed {
		m := r.resolveOwner(d)
		if m.leave {
			continue
		}
		if m.drop != "" {
			lost.Add(d, 0)
			continue
		}
		d.Thing, d.Target = m.owner.Thing, m.target
		q.Add(d, r.rank(m.owner, d.Verb))
	}
	var out []dropped
	for _, e := range lost.Entries() {
		out = append(out, dropped{e, r.meant[e.Owner].drop})
	}
	return out
}

// dropped is a debt that cannot be delivered any more.
type dropped struct {
	notify.Entry
	why string
}

// resolveOwner resolves the owner of a debt, once for each owner.
func (r *debtTargets) resolveOwner(d notify.Debt) meant {
	old := d.Owner()
	m, known := r.meant[old]
	if known {
		return m
	}
	m = r.findOwner(d)
	r.meant[old] = m
	if m.drop == "" && !m.leave && m.owner != old {
		r.names[m.owner] = append(r.names[m.owner], old)
	}
	return m
}

func (r *debtTargets) findOwner(d notify.Debt) meant {
	o, claim := d.Owner(), Owned
	if r.o.Claim != nil {
		claim = r.o.Claim(d)
	}
	if o.Thing != "" {
		o.Thing = r.site.Identity.Key(o.Thing)
	}
	if i, ok := r.resourceOf(o); ok && (o.Thing != "" || claim != Others) {
		return r.ownerAt(i)
	}
	if r.site.Targets != nil {
		return meant{owner: o, target: d.Target, leave: claim != Owned} // another site's debt
	}
	if r.site.Undo != nil && r.site.Undo.Unasked[d.Target] {
		return meant{drop: "what it asks about is taken back"}
	}
	var res *resource.Resource
	if r.o.Known != nil {
		res = r.o.Known(d)
	}
	if res == nil {
		return meant{leave: claim != Owned, drop: "it is not declared any more, and the journal does not say what it is"}
	}
	if o.Thing = r.keyOf(res); o.Thing == "" {
		if i, ok := r.findSameDeed(res); ok {
			return r.ownerAt(i)
		}
		return meant{leave: claim != Owned, drop: "it is not declared any more, and only a manifest says what it does"}
	}
	if i, ok := r.resourceOf(o); ok {
		return r.ownerAt(i)
	}
	if claim != Owned {
		return meant{leave: true}
	}
	r.foreign[o] = res
	return meant{owner: o, target: d.Target}
}

// ownerAt returns the owner of a resource of the site.
func (r *debtTargets) ownerAt(i int) meant {
	res := r.site.Resources[i]
	m := meant{owner: ownerOf(res), target: res.Addr}
	switch {
	case res.Off:
		m.drop = "it is switched off (when = false)"
	case res.Audit:
		m.drop = "it is only audited (audit = true)"
	}
	return m
}

// keyOf returns the key of a resource outside the site; "" if it has none.
func (r *debtTargets) keyOf(res *resource.Resource) string {
	if keys := res.Links().Provides; len(keys) > 0 {
		return r.site.Identity.Key(keys[0])
	}
	return ""
}

// findSameDeed finds a resource that does the same as another one, under another name.
func (r *debtTargets) findSameDeed(res *resource.Resource) (int, bool) {
	if r.deeds == nil {
		r.deeds = map[string]int{}
		for i, own := range r.site.Resources {
			if own.Key != "" || own.Off {
				continue
			}
			if _, taken := r.deeds[deed(own)]; !taken {
				r.deeds[deed(own)] = i
			}
		}
	}
	i, ok := r.deeds[deed(res)]
	return i, ok
}

// deed identifies a resource without a key by its declaration. Computed attributes (its address) are no part of that.
func deed(res *resource.Resource) string {
	want := map[string]cty.Value{}
	for name, v := range res.Want.AsValueMap() {
		if a, _ := res.Kind.Attr(name); !a.Computed && !res.Secret[name] {
			want[name] = v
		}
	}
	f, err := Fingerprint(cty.ObjectVal(want))
	if err != nil {
		return ""
	}
	return res.Addr.Kind + " " + f
}

// namesFor are the names by which the journal may know an owner.
func (r *debtTargets) namesFor(o notify.Owner) []notify.Owner {
	return append(slices.Clone(r.names[o]), o)
}

// rank is the strength of a verb among those of its target, -1 if that is unknown.
func (r *debtTargets) rank(o notify.Owner, verb string) int {
	if i, ok := r.resourceOf(o); ok {
		return r.site.Resources[i].Kind.Rank(verb)
	}
	if res := r.foreign[o]; res != nil {
		return res.Kind.Rank(verb)
	}
	return -1
}
