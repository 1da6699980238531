package edit

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]. It adds to the state before, or of a part
// that was not there to the wanted value, what the part was and which bytes are
// replaced.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return c, nil, err
	}
	c.Want = resource.With(c.Want, "path", cty.StringVal(string(w.Path))) // it is known from here on
	src, err := p.readPath(w.Path.Bytes())
	if err != nil {
		return c, nil, err
	}
	past, err := recorder{p}.past(ctx, c, &w, src)
	if err != nil {
		return c, nil, place(src.path, err)
	}
	text, err := json.Marshal(past)
	if err != nil {
		return c, nil, err
	}
	was := cty.StringVal(resource.EncodeText(string(text)))
	also, err := recordBackup(ctx, p.Beside, &w, src)
	if err != nil {
		return c, nil, err
	}
	if len(c.Secret) > 0 || w.Sensitive.Value {
		if c.Secret = maps.Clone(c.Secret); c.Secret == nil {
			c.Secret = map[string]bool{}
		}
		c.Secret["was"] = true // it has the bytes of the file
	}
	if c.Have.IsNull() {
		c.Want = resource.With(c.Want, "was", was)
		return c, also, nil
	}
	c.Have = resource.With(c.Have, "was", was)
	return c, also, nil
}

// recorder finds out what a part was.
type recorder struct{ *Provider }

func (p recorder) past(ctx context.Context, c resource.Change, w *part, src *source) (*resources.PartPast, error) {
	past := &resources.PartPast{Created: src.missing, Folder: founder{p.Provider}.missingFolder(w, src)}
	wanted, err := wish(w)
	if err != nil {
		return nil, err
	}
	if past.Hunks, err = p.hunks(ctx, c, w, wanted, src); err != nil {
		return nil, err
	}
	if w.Items.Set {
		return past, p.pastItems(past, w, src)
	}
	state, err := src.memo.Look(wanted)
	if err != nil || !state.Present {
		return past, err
	}
	past.Present = true
	text, isText := state.Value.(string)
	if w.Part == resources.PartSetting {
		text, err = resources.ObservedText(edit.Format(w.Format.Value), state.Value)
		isText = err == nil
	}
	if isText {
		past.Value = &text
	}
	return past, err
}

// pastItems notes which words a change adds or takes away. The key counts as there
// if it has a value now.
func (p recorder) pastItems(past *resources.PartPast, w *part, src *source) error {
	whole := *w
	whole.Items, whole.Ensure = resource.Opt[[]string]{}, resource.Opt[string]{}
	whole.Value = cty.StringVal(`""`)
	wanted, err := wish(&whole)
	if err != nil {
		return err
	}
	state, err := src.memo.Look(wanted)
	if err != nil || !state.Present {
		return err
	}
	text, err := resources.ObservedText(edit.Format(w.Format.Value), state.Value)
	if err != nil {
		return err
	}
	have := itemsIn(w, text)
	past.Present = true
	past.Items = slices.DeleteFunc(slices.Clone(w.Items.Value), func(item string) bool { return slices.Contains(have, item) != w.IsAbsent() })
	return nil
}

// hunks returns which bytes the change replaces. The changes of the plan to the same
// file come with it, those before it in the plan first.
func (p recorder) hunks(ctx context.Context, c resource.Change, w *part, wanted edit.Part, src *source) ([]edit.Hunk, error) {
	if back := w.Past(); back != nil && len(back.Hunks) > 0 {
		if hunks, ok := edit.RecordRestored(src.bytes, back.Hunks, wanted); ok {
			return hunks, nil
		}
	}
	if hunks, ok := p.replayOf(ctx, src).find(c); ok {
		return hunks, nil
	}
	all, err := edit.Record(src.bytes, []edit.Part{wanted})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// replay is what taking back the planned changes to a file needs, in the order of the
// plan.
type replay struct {
	src   *source
	wants map[resource.Addr]cty.Value
	hunks map[resource.Addr][]edit.Hunk
}

// replayOf reads the planned changes to a file once, not once for each of them.
func (p recorder) replayOf(ctx context.Context, src *source) *replay {
	p.mu.Lock()
	known, planned := p.replays[src.path], p.planned[src.path]
	p.mu.Unlock()
	if r := known; r != nil && (r.src == src || r.src.missing && src.missing) {
		return r
	}
	r := &replay{src, map[resource.Addr]cty.Value{}, map[resource.Addr][]edit.Hunk{}}
	var parts []edit.Part
	var of []resource.Change
	for _, c := range planned {
		w, err := p.decode(ctx, c.Want)
		if err != nil {
			break
		}
		wanted, err := wish(&w)
		if err != nil {
			break
		}
		parts, of = append(parts, wanted), append(of, c)
	}
	all, err := edit.Record(src.bytes, parts)
	var failed *edit.PartError
	if errors.As(err, &failed) {
		of = of[:failed.Index] // what is behind it would be made in another file
	}
	for i, c := range of {
		r.wants[c.Addr], r.hunks[c.Addr] = c.Want, all[i]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.replays != nil {
		p.replays[src.path] = r
	}
	return r
}

func (r *replay) find(c resource.Change) ([]edit.Hunk, bool) {
	want, ok := r.wants[c.Addr]
	return r.hunks[c.Addr], ok && want.RawEquals(c.Want)
}
