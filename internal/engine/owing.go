package engine

import (
	"context"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/event"
	"converge/internal/notify"
	"converge/internal/resource"
)

// owing resolves the targets of debts: resources of the site, under any name
// that earlier runs used, and things that the site no longer declares.
type owing struct {
	things  map[string]int                      // key of a resource → the resource; made when first asked for
	names   map[notify.Owner][]notify.Owner     // other names by which the journal knows an owner
	foreign map[notify.Owner]*resource.Resource // owners that are not declared: what they are
	meant   map[notify.Owner]meant              // by the journal's name
	deeds   map[string]int                      // what a command does → the one that does it
}

// meant is the resolved owner of a debt.
type meant struct {
	owner  notify.Owner
	target resource.Addr
	drop   string // why nothing can be delivered to it
	leave  bool   // it is another site's business
}

// ownerOf is how debts know a resource.
func ownerOf(res *resource.Resource) notify.Owner {
	return notify.Debt{Target: res.Addr, Thing: res.Key}.Owner()
}

// resourceOf finds the resource that is owed something; false: the site has
// none.
func (r *run) resourceOf(o notify.Owner) (i int, declared bool) {
	if o.Thing == "" {
		i, declared = r.at[o.Target]
		return i, declared
	}
	if r.owing.things == nil {
		r.owing.things = make(map[string]int, len(r.Resources))
		for i, res := range r.Resources {
			if old, taken := r.owing.things[res.Key]; res.Key != "" && (!taken || r.Resources[old].Off) {
				r.owing.things[res.Key] = i
			}
		}
	}
	i, declared = r.owing.things[o.Thing]
	return i, declared
}

// takeOver raises in q what earlier runs left owed, by the names that things
// have now. It returns what nothing can deliver any more.
func (r *run) takeOver(q *notify.Queue) []dropped {
	var lost notify.Queue
	for _, d := range r.Owed {
		m := r.meaning(d)
		switch {
		case m.leave:
			continue
		case m.drop != "":
			lost.Add(d, 0)
			continue
		}
		d.Thing, d.Target = m.owner.Thing, m.target
		q.Add(d, r.rank(m.owner, d.Verb))
	}
	var out []dropped
	for _, e := range lost.Entries() {
		out = append(out, dropped{e, r.owing.meant[e.Owner].drop})
	}
	return out
}

// dropped is what was owed to one that nothing can deliver it to.
type dropped struct {
	notify.Entry
	why string
}

// meaning resolves the owner of a debt, once for each owner.
func (r *run) meaning(d notify.Debt) meant {
	old := d.Owner()
	m, known := r.owing.meant[old]
	if known {
		return m
	}
	m = r.mean(d)
	if r.owing.meant == nil {
		r.owing.meant, r.owing.names = map[notify.Owner]meant{}, map[notify.Owner][]notify.Owner{}
	}
	r.owing.meant[old] = m
	if m.drop == "" && !m.leave && m.owner != old {
		r.owing.names[m.owner] = append(r.owing.names[m.owner], old)
	}
	return m
}

func (r *run) mean(d notify.Debt) meant {
	o, claim := d.Owner(), Owned
	if r.Claim != nil {
		claim = r.Claim(d)
	}
	if o.Thing != "" {
		o.Thing = r.Identity.Key(o.Thing)
	}
	if i, ok := r.resourceOf(o); ok && (o.Thing != "" || claim != Others) {
		return r.means(i)
	}
	if r.Targets != nil {
		return meant{owner: o, target: d.Target, leave: claim != Owned} // this run is not about it
	}
	var res *resource.Resource
	if r.Known != nil {
		res = r.Known(d)
	}
	if res == nil {
		return meant{leave: claim != Owned, drop: "it is not declared any more, and the journal does not say what it is"}
	}
	if o.Thing = r.keyOf(res); o.Thing == "" {
		if i, ok := r.sameDeed(res); ok {
			return r.means(i)
		}
		return meant{leave: claim != Owned, drop: "it is not declared any more, and only a manifest says what it does"}
	}
	if i, ok := r.resourceOf(o); ok {
		return r.means(i)
	}
	if claim != Owned {
		return meant{leave: true}
	}
	r.know(o, res)
	return meant{owner: o, target: d.Target}
}

// means is a resource of the site.
func (r *run) means(i int) meant {
	res := r.Resources[i]
	m := meant{owner: ownerOf(res), target: res.Addr}
	if res.Off {
		m.drop = "it is switched off (when = false)"
	}
	return m
}

// know has debts be owed to a thing that the site does not declare.
func (r *run) know(o notify.Owner, res *resource.Resource) {
	if r.owing.foreign == nil {
		r.owing.foreign = map[notify.Owner]*resource.Resource{}
	}
	r.owing.foreign[o] = res
}

// keyOf returns the key of a resource that is not of the site; "" if it has none.
func (r *run) keyOf(res *resource.Resource) string {
	if res.Kind.Links == nil {
		return ""
	}
	if l := res.Kind.Links(res.Want); len(l.Provides) > 0 {
		return r.Identity.Key(l.Provides[0])
	}
	return ""
}

// sameDeed finds a resource that does what another one did, under another name.
func (r *run) sameDeed(res *resource.Resource) (int, bool) {
	if r.owing.deeds == nil {
		r.owing.deeds = map[string]int{}
		for i, own := range r.Resources {
			if own.Key != "" || own.Off {
				continue
			}
			if _, taken := r.owing.deeds[deed(own)]; !taken {
				r.owing.deeds[deed(own)] = i
			}
		}
	}
	i, ok := r.owing.deeds[deed(res)]
	return i, ok
}

// deed identifies a resource that has no key by its declaration without its
// address.
func deed(res *resource.Resource) string {
	want := map[string]cty.Value{}
	for name, v := range res.Want.AsValueMap() {
		if name != "address" && !res.Secret[name] {
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
func (r *run) namesFor(o notify.Owner) []notify.Owner {
	return append(slices.Clone(r.owing.names[o]), o)
}

// renameOwed has the journal hold what stays owed under the names of today: a
// command that was renamed is found by what it does, which may change too. What
// another site owes keeps its name, and what a rollback meets, too: those names
// are not of this site.
func (r *run) renameOwed(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, e := range r.queue.Entries() {
		old := r.owing.names[e.Owner]
		foreign := func(d notify.Debt) bool { return r.Claim != nil && r.Claim(d) != Owned }
		if len(old) == 0 || r.Undo != nil || r.cannotRecord() || slices.ContainsFunc(e.Debts, foreign) {
			continue
		}
		err := r.Journal.Begin(ctx, nil, e.Debts)
		if err == nil { // a run that is killed in between is owed by both names
			err = r.Journal.Settled(ctx, notify.Settled{Owners: old, Target: e.Target, Verb: e.Verb, Renamed: true})
		}
		if err != nil {
			r.stop = &journalError{err}
		}
	}
}

func (r *run) emitDropped(d dropped) {
	r.counts.Dropped++
	r.Events.Emit(event.Event{
		Type: event.Dropped, Time: r.Now().Wall, Resource: d.Target.String(), Kind: d.Target.Kind,
		Verb: d.Verb, Causes: causes(d.Entry), Error: r.scrub(d.why), Run: d.Debts[0].Run,
	})
}
