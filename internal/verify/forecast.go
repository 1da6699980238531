package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"converge/internal/process"
	"converge/internal/resource"
)

// MaxPlanned is the largest content in bytes that a plan lays over the disk.
const MaxPlanned = 16 << 20

// Shown returns what changes will make, as a check of the set sees it. whole is false if
// it leaves something out that is not known before the changes are made.
type Shown func(ctx context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool)

// plans is what the providers will change, and what checks came to on that.
type plans struct {
	mu      sync.Mutex
	by      []*planned
	answers map[string]answer // by the command and what it saw
}

// planned is what one provider will change.
type planned struct {
	owner   any
	changes []resource.Change
	shown   Shown

	ready    []resource.Change // those that nothing pending comes before
	reviewed bool              // ready is known

	ofReady, ofAll *view // what shown has returned; nil: it was not asked yet
}

// view is what a check sees of the changes of a plan.
type view struct {
	overlay []process.Overlaid
	whole   bool
}

// show asks what changes will make.
func (b *planned) show(ctx context.Context, cs []resource.Change) *view {
	overlay, whole := b.shown(ctx, cs)
	return &view{overlay, whole}
}

// Declare records the changes of a plan that a provider will make. It replaces those of an
// earlier plan.
func (k *Checker) Declare(owner any, cs []resource.Change, shown Shown) {
	p := &k.plans
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = map[string]answer{}
	if i := slices.IndexFunc(p.by, func(b *planned) bool { return b.owner == owner }); i >= 0 {
		p.by = slices.Delete(p.by, i, i+1)
	}
	p.by = append(p.by, &planned{owner: owner, changes: cs, shown: shown})
}

// Invalidate forgets what checks came to: the machine was changed.
func (k *Checker) Invalidate() {
	k.plans.mu.Lock()
	defer k.plans.mu.Unlock()
	k.plans.answers = map[string]answer{}
	for _, b := range k.plans.by {
		b.ofReady, b.ofAll = nil, nil
	}
}

// Verdict is what a plan knows of the checks of a change.
type Verdict struct {
	Blocked error // a check is certain to refuse it
	Notes   []string
}

// Forecast runs a check of the set for a change of the owner's plan: on the changes that
// the owner makes at once with it, and if it refuses those, on all changes of the plan.
// It is certain to fail only if it refuses both, and nothing is pending before the change.
func (k *Checker) Forecast(ctx context.Context, c Check, owner any, o resource.Outlook) (v Verdict) {
	if o.Pending == resource.UnknownPending {
		return v
	}
	p := &k.plans
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Secret == "" {
		c.Secret = p.whySecret()
	}
	whole := false
	if o.Pending == resource.NothingPending {
		var alone []process.Overlaid
		alone, whole = p.readyOf(ctx, owner, o)
		a := p.answer(ctx, k, c, alone)
		switch {
		case errors.Is(a.err, process.ErrNoOverlay):
			return c.verdictOfPlaced(a)
		case c.errorOf(a) == nil:
			return v
		case errors.Is(a.err, resource.ErrMissing):
			return Verdict{Blocked: c.errorOf(a)}
		case !a.refused:
			return v // what keeps it from being made may be otherwise when it is made
		}
	}
	all, known := p.all(ctx)
	a := p.answer(ctx, k, c, all)
	err := c.errorOf(a)
	switch {
	case a.err == nil && o.Pending == resource.NothingPending:
		v.Notes = []string{"verify accepts it only together with what else the plan changes"}
	case a.err == nil:
	case errors.Is(a.err, process.ErrNoOverlay):
		v = c.verdictOfPlaced(a)
	case !a.refused:
	case o.Pending == resource.NothingPending && whole && known:
		v.Blocked = err
	default:
		first, _, _ := strings.Cut(err.Error(), "\n")
		v.Notes = []string{first + ", as far as the plan knows"}
	}
	return v
}

// verdictOfPlaced is the verdict on a check that cannot run before the change is made.
func (c Check) verdictOfPlaced(a answer) Verdict {
	if c.Strict {
		return Verdict{Blocked: c.errorOfUnchecked(a.err)}
	}
	return Verdict{Notes: []string{c.noteOfPlaced(a)}}
}

// noteOfPlaced is the note of a check that cannot run before the change is made.
func (c Check) noteOfPlaced(a answer) string {
	return "verify runs when it is in place, and puts the old one back if it refuses: " + strings.TrimPrefix(c.errorOf(a).Error(), "cannot verify ")
}

// whySecret is why no output is shown: a check sees all contents of the plan.
func (p *plans) whySecret() string {
	for _, b := range p.by {
		if slices.ContainsFunc(b.changes, isSensitive) {
			return "a content of the plan is sensitive"
		}
	}
	return ""
}

// readyOf returns what the owner changes without waiting for anything pending.
func (p *plans) readyOf(ctx context.Context, owner any, o resource.Outlook) ([]process.Overlaid, bool) {
	for _, b := range p.by {
		if b.owner != owner {
			continue
		}
		if o.Expected != nil && !(b.reviewed && isSame(b.ready, o.Expected.Ready)) {
			b.ready, b.reviewed, b.ofReady = o.Expected.Ready, true, nil
		}
		if !b.reviewed {
			v := b.viewOfAll(ctx)
			return v.overlay, v.whole
		}
		if b.ofReady == nil {
			b.ofReady = b.show(ctx, b.ready)
		}
		return b.ofReady.overlay, b.ofReady.whole
	}
	return nil, true
}

// isSame reports whether both are one slice.
func isSame(a, b []resource.Change) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// viewOfAll is what all changes of the provider will make.
func (b *planned) viewOfAll(ctx context.Context) *view {
	if b.ofAll == nil {
		b.ofAll = b.show(ctx, b.changes)
	}
	return b.ofAll
}

// all returns what all providers change.
func (p *plans) all(ctx context.Context) (overlay []process.Overlaid, whole bool) {
	whole = true
	for _, b := range p.by {
		v := b.viewOfAll(ctx)
		overlay, whole = append(overlay, v.overlay...), whole && v.whole
	}
	return overlay, whole
}

// answer runs a check on an overlay, once.
func (p *plans) answer(ctx context.Context, k *Checker, c Check, overlay []process.Overlaid) answer {
	var key strings.Builder
	for _, a := range slices.Concat(c.Argv, c.Env) {
		key.WriteString(a + "\x00")
	}
	for _, e := range overlay {
		key.WriteString("\x00" + e.Path)
	}
	if own := k.HostPath(c.Path); isAtRoot(own) && slices.ContainsFunc(overlay, func(e process.Overlaid) bool { return e.Path == own }) {
		return answer{program: c.Argv[0], err: errAtRoot}
	}
	overlay = slices.DeleteFunc(slices.Clone(overlay), func(e process.Overlaid) bool { return isAtRoot(e.Path) })
	a, known := p.answers[key.String()]
	if !known && len(overlay) > 0 {
		a = k.checkSet(ctx, c, overlay)
		p.answers[key.String()] = a
	}
	return a
}
