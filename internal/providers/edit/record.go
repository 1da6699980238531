package edit

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
	"converge/resources"
)

// Record implements [resource.Recorder]. It adds the earlier state of the part and the replaced bytes to the state
// before or, for a missing part, to the wanted value.
func (p *Provider) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	w, err := p.decode(ctx, c.Want)
	if err != nil {
		return c, nil, err
	}
	src, err := p.readPath(w.Path.Bytes())
	if err != nil {
		return c, nil, err
	}
	past, err := recorder{p}.past(ctx, c, &w, src)
	if err != nil {
		return c, nil, scrubbed(place(src.path, err), candidates{p}.whySecret(ctx, src.path, isSensitive(c.Secret, &w)), src.path)
	}
	r := recorder{p}.replayOf(ctx, c, src)
	c.Key = keyIn(c.Key, &w, src)
	c.Want = resource.With(c.Want, "path", cty.StringVal(string(w.Path))) // it is known from here on
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
	if keys := r.continuedBy(c); len(keys) > 0 {
		if c.Origin, err = (continuer{recorder{p}}).originOf(ctx, c, &w, src, past, keys); err != nil {
			return c, nil, err
		} else if c.Origin != nil {
			c.Continues = keys
		}
	}
	if c.Have.IsNull() {
		c.Want = resource.With(c.Want, "was", was)
		return c, also, nil
	}
	c.Have = resource.With(c.Have, "was", was)
	return c, also, nil
}

// keyIn returns the key of a part of a file that a user determines. The place may have changed since the part got its
// key: the record is of the file that is written.
func keyIn(key string, w *part, src *source) string {
	file, id, ok := resource.CutPartKey(key)
	if !ok || !isAccess(w) || !w.User.Set || resource.DecodeBytes(file) == src.path {
		return key
	}
	return resource.PartKey(resource.CanonicalPath(resource.EncodeBytes(src.path)), id)
}

// recorder determines the earlier state of a part.
type recorder struct{ *Provider }

func (p recorder) past(ctx context.Context, c resource.Change, w *part, src *source) (*resources.PartPast, error) {
	past := &resources.PartPast{}
	switch made := p.maker(src); {
	case src.missing:
		past.Created, past.At, past.Folder = true, resource.EncodeBytes(src.path), founder{p.Provider}.missingFolder(w, src)
	case made != nil:
		past.Created, past.At, past.Folder = true, made.At, made.Folder
	}
	wanted, err := wish(w)
	if err != nil {
		return nil, err
	}
	if err := p.addBytes(ctx, past, c, w, wanted, src); err != nil {
		return nil, err
	}
	return past, p.addState(past, w, src)
}

// addState adds the state of a part in a file to its past.
func (p recorder) addState(past *resources.PartPast, w *part, src *source) error {
	if w.Items.Set {
		return p.pastItems(past, w, src)
	}
	wanted, err := wish(w)
	if err != nil {
		return err
	}
	state, err := src.memo.Look(wanted)
	if err != nil || !state.Present {
		return err
	}
	past.Present, past.Single = true, w.Part == resources.PartSetting && len(state.Others) == 0
	text, isText := state.Value.(string)
	if w.Part == resources.PartSetting {
		text, err = resources.ObservedText(edit.Format(w.Format.Value), state.Value)
		isText = err == nil
	}
	if isText {
		past.Value = &text
	}
	return err
}

// pastItems notes which words a change adds or removes. The key counts as present if it has a value now.
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

// replayOf returns what undoing the next changes to a file needs; nil if this one cannot be made, or not with the
// others.
func (p recorder) replayOf(ctx context.Context, c resource.Change, src *source) *replay {
	p.mu.Lock()
	r := p.replays[src.path]
	p.mu.Unlock()
	if !r.knows(c, src) {
		r = p.gather(ctx, []resource.Change{c})[src.path]
	}
	if !r.knows(c, src) {
		return nil
	}
	return r
}

// addBytes adds to the past of a part which bytes the change replaces, in the file as the changes
// leave it that are made before it.
func (p recorder) addBytes(ctx context.Context, past *resources.PartPast, c resource.Change, w *part, wanted edit.Part, src *source) error {
	if r := p.replayOf(ctx, c, src); r != nil {
		past.Hunks, past.Ground, past.File = r.hunks[c.Addr], r.ground[c.Addr], r.file(c)
		return nil
	}
	made := madeParts{back: edit.Back{Layout: p.layoutOf(src)}}
	back, ground := p.backOf(c.Key, w, src)
	made.add(0, wanted, c.Key, back, ground)
	edited, _ := src.memo.EditBack(made.parts, made.back)
	all, err := edited.Record()
	if err == nil {
		past.Hunks, past.Ground = all.Hunks[0], all.Ground[0]
	}
	return err
}

// replay is what undoing the changes to a file needs that are made together.
type replay struct {
	src   *source
	wants map[resource.Addr]cty.Value
	hunks map[resource.Addr][]edit.Hunk

	ground map[resource.Addr]*edit.Ground

	continues continued

	gone *resources.FilePast // the file, if it goes; Text is how it is before the last change
	last resource.Addr
}

// Gather implements [resource.Gatherer]. It makes the candidate of each file as ApplyAll will,
// without the parts that it refuses.
func (p *Provider) Gather(ctx context.Context, cs []resource.Change) {
	replays := recorder{p}.gather(ctx, cs)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replays = replays
}

func (p recorder) gather(ctx context.Context, cs []resource.Change) map[string]*replay {
	sets, _ := p.sets(ctx, cs)
	settle(sets, cs)
	replays := make(map[string]*replay, len(sets))
	for _, s := range sets {
		s.layout = p.layoutOf(s.src)
		s.build(p.where)
		found := continuer{p}.findContinued(s, cs)
		if len(found) > 0 {
			found.rename(s, cs)
			s.build(p.where)
		}
		r := s.replay(cs)
		r.continues, replays[s.src.path] = found, r
	}
	return replays
}

// replay records the parts with which the candidate is made. One that has to stay right needs
// nothing that takes it back.
func (s *set) replay(cs []resource.Change) *replay {
	r := &replay{src: s.src, wants: map[resource.Addr]cty.Value{}, hunks: map[resource.Addr][]edit.Hunk{}, ground: map[resource.Addr]*edit.Ground{}}
	if s.edited == nil {
		return r
	}
	all, err := s.edited.Record()
	if err != nil {
		return r // which Record finds out of the change alone
	}
	for k, i := range s.made.members() {
		c := cs[s.members[i].index]
		r.wants[c.Addr], r.hunks[c.Addr], r.ground[c.Addr] = c.Want, all.Hunks[k], all.Ground[k]
		if k == all.Last {
			r.last = c.Addr
		}
	}
	if !s.src.missing && s.isGone() {
		text, _ := edit.Restore(s.candidate, [][]edit.Hunk{r.hunks[r.last]})
		r.gone = &resources.FilePast{Mode: s.src.info.Mode, UID: s.src.info.UID, GID: s.src.info.GID, Text: text}
	}
	return r
}

// continuedBy returns the keys of the parts that a change continues.
func (r *replay) continuedBy(c resource.Change) []string {
	if r == nil {
		return nil
	}
	return r.continues[c.Addr]
}

// file returns the past of a removed file for a change; only the last change has its text.
func (r *replay) file(c resource.Change) *resources.FilePast {
	if r.gone == nil || c.Addr == r.last {
		return r.gone
	}
	perm := *r.gone
	perm.Text = nil
	return &perm
}

// knows reports whether a change to a file is among those that are made next, and the file is unchanged.
func (r *replay) knows(c resource.Change, src *source) bool {
	if r == nil || r.src != src && !(r.src.missing && src.missing) {
		return false
	}
	want, ok := r.wants[c.Addr]
	return ok && want.RawEquals(c.Want)
}
