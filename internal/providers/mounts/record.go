package mounts

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// planned are the changes of a plan, and what taking back each of them needs if all are
// made in this order: lines that are added one behind the other are told apart by it.
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

// Solve implements [resource.Transactor]: it does what it is asked, and keeps that for Record.
func (p *Provider) Solve(_ context.Context, cs []resource.Change, _ iter.Seq[resource.Change]) (resource.Forecast, error) {
	n := &p.planned
	n.mu.Lock()
	defer n.mu.Unlock()
	again := make(map[resource.Addr]bool, len(cs))
	for _, c := range cs {
		again[c.Addr] = true
	}
	n.changes = append(slices.DeleteFunc(n.changes, func(c resource.Change) bool { return again[c.Addr] }), cs...)
	n.in = nil
	return resource.Forecast{}, nil
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
	if len(l.hunks) > 0 {
		if hunks, ok := edit.RecordRestored(f.bytes, l.hunks, l.parts[0]); ok {
			return hunks
		}
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
	hunks, err := f.memo.Record(l.parts[0])
	if err != nil {
		return nil
	}
	return hunks
}

// replay returns what taking back the planned changes needs, as far as they can be made.
func (p *Provider) replay(ctx context.Context, f *fstab, cs []resource.Change) map[resource.Addr]plannedHunks {
	var parts []edit.Part
	var of []resource.Change
	for _, c := range cs {
		w, err := p.prepare(ctx, c)
		if err != nil {
			break
		}
		if l := w.lines(); len(l.parts) == 1 {
			parts, of = append(parts, l.parts[0]), append(of, c)
		}
	}
	all, err := edit.Record(f.bytes, parts)
	var failed *edit.PartError
	if errors.As(err, &failed) {
		of = of[:failed.Index]
	}
	out := make(map[resource.Addr]plannedHunks, len(of))
	for i, c := range of {
		out[c.Addr] = plannedHunks{c.Want, all[i]}
	}
	return out
}
