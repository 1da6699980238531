package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// noteRetired is the note of a unit that is retired without being declared.
const noteRetired = "what it is made of is removed"

// retire adds the retirement of units that end with the removed things: the service of a unit file or of a package.
// The retirement comes before the removal, so that ExecStop runs and no link is left behind. Declared units keep their
// declaration.
func (b *removalBuilder) retire(ctx context.Context) {
	causes := b.goingNow()
	var without []string
	for _, i := range causes {
		if p := spelledPath(b.resource(i)); p != "" {
			without = append(without, p)
		}
	}
	for _, t := range b.Machine.Retirers {
		for _, i := range causes {
			res := b.resource(i)
			ends := b.endingKeys(ctx, res)
			e := resource.Ending{Keys: slices.Concat(ends, b.runs(ctx, res)), Without: without, Stays: b.endsForNow(i)}
			if len(e.Keys) == 0 {
				continue
			}
			wants, err := t.Retiring(ctx, e)
			if err != nil {
				continue // a thing that is removed is not kept for that
			}
			for _, w := range wants {
				b.retireOne(ctx, &resource.Resource{Kind: t.Kind, Addr: resource.Addr{Kind: t.Kind.Name, Name: t.Kind.LabelOf(w)}, Want: w}, i, ends)
			}
		}
	}
}

// spelledPath is the path of a resource's thing in the manifest's spelling; "" if it has none.
func spelledPath(res *resource.Resource) string {
	keys := res.Links().Provides
	if len(keys) == 0 || !strings.HasPrefix(keys[0], assembly.PathKey) {
		return ""
	}
	return strings.TrimPrefix(keys[0], assembly.PathKey)
}

// goingNow are the indexes of the resources that this run removes.
func (b *removalBuilder) goingNow() (is []int) {
	for i := range b.steps {
		if s := &b.steps[i]; s.state == waiting && s.unseen == nil && s.notable().refused == nil && s.action() == resource.Delete {
			is = append(is, i)
		}
	}
	for i := range b.rs {
		is = append(is, b.first+i)
	}
	return is
}

func (b *removalBuilder) resource(i int) *resource.Resource {
	if i < b.first {
		return b.Resources[i]
	}
	return b.rs[i-b.first]
}

// endsForNow reports whether decisions about the things stay that end with a declared one.
func (b *removalBuilder) endsForNow(i int) bool {
	res := b.resource(i)
	return i < b.first && res.Kind.EndsForNow != nil && res.Kind.EndsForNow(res.Want)
}

// runs are the keys of things that need a program of a package. A package that is installed in its place may provide
// that program again.
func (b *removalBuilder) runs(ctx context.Context, res *resource.Resource) []string {
	p := b.Machine.shipperOf(res.Provider())
	if p == nil || b.installs() {
		return nil
	}
	keys, err := p.Runs(ctx, res.Label())
	if err != nil {
		return nil // a thing that is removed is not kept for that
	}
	return keys
}

// installs reports whether the run installs a package.
func (b *removalBuilder) installs() bool {
	for i, res := range b.Resources {
		if b.steps[i].state != off && b.steps[i].action() == resource.Create && b.Machine.shipperOf(res.Provider()) != nil {
			return true
		}
	}
	return false
}

// retireOne adds the retirement of a thing before resource cause is removed. ends are the keys of the things that go
// with cause.
func (b *removalBuilder) retireOne(ctx context.Context, res *resource.Resource, cause int, ends []string) {
	if keys := res.Links().Provides; len(keys) > 0 {
		res.Key = keys[0]
	}
	before := func(i int) { b.addEdge(i, cause, "it is taken out of service before what it is made of goes") }
	if i, ok := b.retired[res.Key]; ok {
		if i > 0 {
			before(i)
		}
		return
	}
	for i, d := range b.Resources {
		if d.Key != res.Key || b.steps[i].state == off {
			continue
		}
		if goesWith(d, ends) && !b.comesAnew(cause) {
			b.steps[i].remark().goesWith = b.resource(cause).Addr.String()
		}
		if cause >= b.first || d.Audit { // an audited resource is not stopped, and keeps nothing
			return
		}
		if d.Links().Retires {
			before(i)
		} else if d.Opposes(res) && spelledPath(b.resource(cause)) != "" && !b.comesAnew(cause) {
			b.steps[cause].refuse(fmt.Errorf("contradicts %s (%s): that is to go on, and this is what it is made of", d.Addr, d.Place()))
		}
		return
	}
	have, err := observe(ctx, res)
	if err != nil {
		return // like an audited one
	}
	b.retired[res.Key] = 0
	plan := resource.Diff(res, have)
	if plan.Empty() {
		return
	}
	plan.Notes = append(plan.Notes, noteRetired)
	i := b.add(res, plan)
	b.retired[res.Key] = i
	if cause >= b.first {
		b.postponed = append(b.postponed, i)
	}
	before(i)
}

// goesWith reports whether what a thing is made of is among what goes.
func goesWith(res *resource.Resource, ends []string) bool {
	return slices.ContainsFunc(lateNeeds(res), func(n resource.Need) bool { return slices.Contains(ends, n.Key) })
}

// comesAnew reports whether something that ends with a thing may come again in this run: another file of it is
// declared, or a package that may contain one is installed.
func (b *removalBuilder) comesAnew(cause int) bool {
	if b.installs() {
		return true
	}
	ended := b.resource(cause).Links().Ends
	for i, res := range b.Resources {
		if b.steps[i].state.idle() || res.WantsAbsent() {
			continue
		}
		if slices.ContainsFunc(res.Links().Provides, func(key string) bool { return slices.Contains(ended, key) }) {
			return true
		}
	}
	return false
}
