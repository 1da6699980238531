package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"converge/internal/resource"
)

// SavedStep is one resource of a saved plan. It holds digests, never values, so that a saved plan discloses no secret.
type SavedStep struct {
	Addr     resource.Addr   `json:"resource"`
	Have     string          `json:"have"`   // fingerprint of the observed state
	Want     string          `json:"want"`   // fingerprint of the declared state
	Forecast string          `json:"change"` // fingerprint of the change, a solver's refinements included
	Action   resource.Action `json:"action"`
	Place    string          `json:"place,omitempty"` // fingerprint of the thing's canonical key: a link on its way may lead elsewhere later

	// Destroys is the fingerprint of everything that the change would destroy: removed or replaced content, and every
	// file below a purged directory. Removes are their paths.
	Destroys string   `json:"destroys,omitempty"`
	Removes  []string `json:"removes,omitempty"`
	Marks    []string `json:"marks,omitempty"` // short digests, one for each of these paths, to show which has changed
}

// Save returns the steps of a plan for storage, in graph order, and after them the further changes of solvers. seal
// keys the fingerprints of a site with sensitive values, because plain ones would allow guessing them; nil leaves the
// fingerprints plain.
func (p *Planned) Save(ctx context.Context, seal func(string) string) ([]SavedStep, error) {
	out, failed, err := p.save(ctx, seal)
	for _, i := range p.plan.order {
		if s := &p.plan.steps[i]; failed[s.of.Addr] != nil && !s.tolerant {
			return nil, &UnsavableError{s.of.Addr}
		}
	}
	return out, err
}

// UnsavableError explains why a plan cannot be saved: a resource, reported already, could not be planned.
type UnsavableError struct{ Addr resource.Addr }

func (e *UnsavableError) Error() string {
	return fmt.Sprintf("cannot save the plan: %s failed", e.Addr)
}

// save is Save, and returns the failed resources beside the others.
func (p *Planned) save(ctx context.Context, seal func(string) string) (out []SavedStep, failed map[resource.Addr]error, err error) {
	failed = map[resource.Addr]error{}
	for _, i := range p.plan.order {
		s := &p.plan.steps[i]
		if s.state.idle() {
			continue
		}
		if s.err != nil {
			failed[s.of.Addr] = s.err
			continue
		}
		step, err := saveStep(s.plan())
		if err != nil {
			return nil, nil, err
		}
		if step.Removes = s.notable().removes; s.plan().Key != "" {
			step.Place = markOf(s.plan().Key)
		}
		if step.Destroys, err = p.destroyed(ctx, i); err != nil {
			return nil, nil, fmt.Errorf("cannot take the fingerprint of what %s would destroy: %w", s.of.Addr, err)
		}
		if step.Marks, err = p.marks(ctx, s.notable().removes); err != nil {
			return nil, nil, err
		}
		out = append(out, step)
	}
	for _, e := range p.plan.also {
		step, err := saveStep(e.change)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, step)
	}
	if seal != nil {
		for i := range out {
			out[i].seal(seal)
		}
	}
	return out, failed, nil
}

// destroyed is the fingerprint of everything that a step would destroy, "" if its other fingerprints cover all of
// that.
func (p *Planned) destroyed(ctx context.Context, i int) (string, error) {
	c := p.plan.steps[i].plan()
	k := p.plan.Resources[i].Kind
	switch {
	case c.Action == resource.Create && k.RecordDestroys != nil:
	case c.Have.IsNull(), c.Action != resource.Delete && c.Action != resource.Update:
		return "", nil
	}
	full, _, err := record(ctx, k, c)
	if c.Action == resource.Create && err != nil {
		return "", nil // another step makes the place of the thing
	} else if err != nil {
		return "", err
	}
	destroyed := full.Destroyed(k)
	if destroyed.IsNull() {
		return "", nil
	}
	return fingerprintDestroyed(ctx, destroyed, p.plan.steps[i].notable().removes, p.digest)
}

// marks returns a short digest of the content of each path.
func (p *Planned) marks(ctx context.Context, paths []string) ([]string, error) {
	if p.digest == nil {
		return nil, nil
	}
	var out []string
	for _, path := range paths {
		d, err := p.digest(ctx, path)
		if err != nil {
			return nil, err
		}
		out = append(out, markOf(d))
	}
	return out, nil
}

// markOf shortens the description of a path's content.
func markOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// fingerprintDestroyed covers a whole thing, and everything removed with it. A directory's provider lists the entries
// below it, contents included.
func fingerprintDestroyed(ctx context.Context, have cty.Value, paths []string, digest func(context.Context, string) (string, error)) (string, error) {
	f, err := Fingerprint(have)
	if err != nil || len(paths) == 0 || digest == nil || resource.ListsBelow(have) {
		return f, err
	}
	h := sha256.New()
	fmt.Fprintln(h, f)
	for _, path := range paths {
		d, err := digest(ctx, path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d:%s=%s\n", len(path), path, d)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *SavedStep) seal(seal func(string) string) {
	s.Have, s.Want, s.Forecast = seal(s.Have), seal(s.Want), seal(s.Forecast)
	if s.Destroys != "" {
		s.Destroys = seal(s.Destroys)
	}
	if s.Place != "" {
		s.Place = markOf(seal(s.Place))
	}
	for i, m := range s.Marks {
		s.Marks[i] = markOf(seal(m))
	}
}

func saveStep(c resource.Change) (step SavedStep, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cannot take the fingerprint of %s: %w", c.Addr, err)
		}
	}()
	step.Addr, step.Action = c.Addr, c.Action
	if step.Have, err = Fingerprint(c.Have); err != nil {
		return step, err
	}
	if step.Want, err = Fingerprint(c.Want); err != nil {
		return step, err
	}
	h := sha256.New()
	for _, a := range c.Attrs {
		// Have covers the present state already.
		want, err := canonical(a.Want)
		if err != nil {
			return step, fmt.Errorf("%s: %w", a.Name, err)
		}
		fmt.Fprintf(h, "%s=%d:%s\n", a.Name, len(want), want)
	}
	step.Forecast = hex.EncodeToString(h.Sum(nil))
	return step, nil
}

// Fingerprint is a digest of a wanted or an observed value: equal values have equal ones. It reveals nothing of the
// value, so it may be stored in a file.
func Fingerprint(v cty.Value) (string, error) {
	if v == cty.NilVal || v.IsNull() {
		return "absent", nil
	}
	attrs := v.AsValueMap()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		text, err := canonical(attrs[name])
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(h, "%d:%s=%d:%s\n", len(name), name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func canonical(v cty.Value) (string, error) {
	if b := resource.AsBlob(v); b != nil {
		d, err := b.Digest()
		return "content " + d, err
	}
	if v == cty.NilVal || v.IsNull() {
		return "null", nil
	}
	j, err := ctyjson.Marshal(v, v.Type())
	return string(j), err
}
