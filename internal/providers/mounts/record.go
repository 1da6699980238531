package mounts

import (
	"context"
	"errors"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// planned are the changes that are made together, and what undoing each of them needs if all are made in this order.
// The order distinguishes lines that are added or removed one after the other.
type planned struct {
	mu      sync.Mutex
	changes []resource.Change
	in      *fstab // the file that hunks are of
	hunks   map[resource.Addr]plannedHunks
}

type plannedHunks struct {
	want  cty.Value
	hunks []edit.Hunk
}

// Gather implements [resource.Gatherer].
func (p *Provider) Gather(_ context.Context, cs []resource.Change) {
	n := &p.planned
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes, n.in = cs, nil
}

// Record implements [resource.Recorder]: it saves the lines as they were, and which bytes
// of fstab are replaced.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w, err := p.prepare(ctx, c)
	if err != nil {
		return c, nil, err
	}
	l := w.lines()
	if l.isNone() {
		return c, nil, nil
	}
	f, err := p.lines(ctx)
	if err != nil {
		return c, nil, err
	}
	was, err := f.record(w.found(), l, p.replaced(ctx, f, c, l))
	if err != nil {
		return c, nil, err
	}
	if c.Have.IsNull() {
		c.Want = resource.With(c.Want, "was", cty.StringVal(was))
	} else {
		c.Have = resource.With(c.Have, "was", cty.StringVal(was))
	}
	return c, nil, nil
}

// replaced returns which bytes a change of lines replaces; nil if that is not known.
func (p *Provider) replaced(ctx context.Context, f *fstab, c resource.Change, l lineChange) []edit.Hunk {
	if len(l.parts) != 1 {
		return nil
	}
	n := &p.planned
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.in != f {
		n.in, n.hunks = f, p.replay(ctx, f, n.changes)
	}
	if known, ok := n.hunks[c.Addr]; ok && known.want.RawEquals(c.Want) {
		return known.hunks
	}
	return p.replay(ctx, f, []resource.Change{c})[c.Addr].hunks
}

// replay returns what undoing changes needs that are made together, as far as they can be made.
func (p *Provider) replay(ctx context.Context, f *fstab, cs []resource.Change) map[resource.Addr]plannedHunks {
	var back, rest replayed
	for _, c := range cs {
		w, err := p.prepare(ctx, c)
		if err != nil {
			break
		}
		switch l := w.lines(); {
		case len(l.parts) != 1:
		case len(l.hunks) > 0:
			back.add(c, l)
		default:
			rest.add(c, l)
		}
	}
	out := make(map[resource.Addr]plannedHunks, len(cs))
	src := f.bytes
	if all, restored, ok := edit.RecordRestored(src, back.hunks, back.parts); ok {
		back.file(out, all)
		src = restored
	} else { // like other lines
		rest.join(back)
	}
	all, err := edit.Record(src, rest.parts)
	var failed *edit.PartError
	if errors.As(err, &failed) {
		all = all[:failed.Index]
	}
	rest.file(out, all)
	return out
}

// replayed are changes of one line each.
type replayed struct {
	of    []resource.Change
	parts []edit.Part
	hunks [][]edit.Hunk // what they take back
}

func (r *replayed) add(c resource.Change, l lineChange) {
	r.of, r.parts, r.hunks = append(r.of, c), append(r.parts, l.parts[0]), append(r.hunks, l.hunks)
}

func (r *replayed) join(o replayed) {
	r.of, r.parts, r.hunks = append(r.of, o.of...), append(r.parts, o.parts...), append(r.hunks, o.hunks...)
}

// file records what undoing each change needs, as far as that is known.
func (r *replayed) file(out map[resource.Addr]plannedHunks, all [][]edit.Hunk) {
	for i, hunks := range all {
		out[r.of[i].Addr] = plannedHunks{r.of[i].Want, hunks}
	}
}
