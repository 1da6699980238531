package edit

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// continued are parts that converge made, that are declared no more, and that others become part of:
// a line that gets a match, a value that is declared by its words, a key that is declared as
// a line. What they were before is what the others were. The keys of the ledger are by the address of the
// change that continues them.
type continued map[resource.Addr][]string

// continuer finds out which parts others continue.
type continuer struct{ recorder }

// findContinued finds which parts the changes of a set continue: those that the set makes differ from what was left,
// and the member that does so.
func (p continuer) findContinued(s *set, cs []resource.Change) continued {
	olds := p.listUndeclared(s)
	if len(olds) == 0 || s.edited == nil {
		return nil
	}
	out, after := continued{}, edit.NewMemo(s.candidate)
	for _, key := range olds {
		old, ok := resources.PartOf(key)
		if !ok {
			continue
		}
		was, err := s.src.memo.Look(old)
		now, errNow := after.Look(old)
		if err != nil || errNow != nil || isSameState(old, was, now) {
			continue
		}
		file, line := s.src.memo, was.Line
		if now.Present {
			file, line = after, now.Line
		}
		for _, m := range s.members {
			if state, err := file.Look(m.wish); m.want.Was == nil && err == nil && state.Line == line && !p.isKept(m.key) {
				out[cs[m.index].Addr] = append(out[cs[m.index].Addr], key)
				break
			}
		}
	}
	return out
}

// listUndeclared lists the ledger keys of undeclared parts in the file of a set that are not members of it.
func (p continuer) listUndeclared(s *set) []string {
	p.founded.mu.Lock()
	keys := slices.Concat(p.listKeys(s.src.path), p.founded.links[s.src.path])
	p.founded.mu.Unlock()
	return slices.DeleteFunc(keys, func(key string) bool {
		return p.declared.keys[key] || p.readPast(key) == nil || slices.ContainsFunc(s.members, func(m member) bool { return m.key == key })
	})
}

// isKept reports whether the ledger keeps the earlier state of a part.
func (p continuer) isKept(key string) bool { return p.readPast(key) != nil }

// isSameState reports whether a part is in both states as it was left. Other words of a setting's value may change.
func isSameState(p edit.Part, a, b edit.State) bool {
	if s, ok := p.(*edit.Setting); ok && s.Items != nil {
		return a.Right == b.Right
	}
	return a.Present == b.Present && reflect.DeepEqual(a.Value, b.Value)
}

// rename gives the ground of continued parts in their file to those that continue them.
func (c continued) rename(s *set, cs []resource.Change) {
	for _, m := range s.members {
		for _, key := range c[cs[m.index].Addr] {
			s.layout.Rename(key, m.key)
		}
	}
}

// originOf returns the change that joins a change with those of the parts that it continues; nil if these cannot be
// taken back, to find the state before. past is the record of the change.
func (p continuer) originOf(ctx context.Context, c resource.Change, w *part, src *source, past *resources.PartPast, keys []string) (*resource.Change, error) {
	back := edit.Back{Layout: p.layoutOf(src)}
	text, err := json.Marshal(past)
	if err != nil {
		return nil, err
	}
	record := resource.EncodeText(string(text))
	for _, key := range keys {
		old := p.readPast(key)
		back.Keys, back.Hunks, back.Ground = append(back.Keys, key), append(back.Hunks, old.Hunks), append(back.Ground, old.Ground)
		record = resources.JoinPartPasts(p.Ledger.(Founded).ReadPast(key), record)
	}
	before, ok := src.memo.TakeBack(back)
	if !ok {
		return nil, nil
	}
	origin, first := c, &source{path: src.path, bytes: before.Source(), memo: before}
	if origin.Have, err = p.observe(ctx, c.Want, *w, first); err != nil {
		return nil, err
	}
	if record, err = p.withState(record, w, first); err != nil {
		return nil, err
	}
	if was := cty.StringVal(record); origin.Have.IsNull() {
		origin.Want = resource.With(origin.Want, "was", was)
	} else {
		origin.Have = resource.With(origin.Have, "was", was)
	}
	return &origin, nil
}

// withState returns a record with the state of a part in a file.
func (p continuer) withState(record string, w *part, src *source) (string, error) {
	var past resources.PartPast
	if err := json.Unmarshal([]byte(resource.DecodeBytes(record)), &past); err != nil {
		return "", err
	}
	past.Present, past.Single, past.Value, past.Items = false, false, nil, nil
	if err := p.addState(&past, w, src); err != nil {
		return "", err
	}
	text, err := json.Marshal(past)
	return resource.EncodeText(string(text)), err
}
