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

// Shown returns the effect of changes, as a check of the set sees it. whole is false if a part is not known before the
// changes are made.
type Shown func(ctx context.Context, cs []resource.Change) (overlay []process.Overlaid, whole bool)

// plans holds the planned changes of the providers, and the answers of checks about them. Its lock is never held while a
// program or a provider runs.
type plans struct {
	mu      sync.Mutex
	by      []*planned
	named   []namedCheck             // named by any change; nil: not listed yet
	checks  []Check                  // each of those once
	refused []Check                  // those that have refused something in this run
	answers map[string]*lazy[answer] // by command and overlay
}

// planned holds the planned changes of one provider.
type planned struct {
	owner any
	shown Shown

	all      *view // of all changes
	ready    *view // of those without pending changes before them
	reviewed bool  // ready is set
}

// view is a check's view of planned changes.
type view struct {
	changes []resource.Change
	shown   Shown
	seen    lazy[sight]
	blamed  lazy[map[string]*refusal] // by path on the host: refusals by checks that the files do not name
}

// sight is the effect of changes.
type sight struct {
	overlay []process.Overlaid
	whole   bool // nothing is left out
}

func newView(cs []resource.Change, shown Shown) *view { return &view{changes: cs, shown: shown} }

// look computes the effect of the changes, once.
func (v *view) look(ctx context.Context) sight {
	return v.seen.get(ctx, func() sight {
		overlay, whole := v.shown(ctx, v.changes)
		return sight{overlay, whole}
	})
}

// Declare records the planned changes of a provider. It replaces those of an earlier plan.
func (k *Checker) Declare(owner any, cs []resource.Change, shown Shown) {
	p := &k.plans
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers, p.named = map[string]*lazy[answer]{}, nil
	p.by = slices.DeleteFunc(slices.Clone(p.by), func(b *planned) bool { return b.owner == owner })
	p.by = append(p.by, &planned{owner: owner, shown: shown, all: newView(cs, shown)})
}

// Invalidate drops the answers of checks, because the machine has changed.
func (k *Checker) Invalidate() {
	k.plans.mu.Lock()
	defer k.plans.mu.Unlock()
	k.plans.answers = map[string]*lazy[answer]{}
	for _, b := range k.plans.by {
		b.all = newView(b.all.changes, b.shown)
		if b.reviewed {
			b.ready = newView(b.ready.changes, b.shown)
		}
	}
}

// Verdict is the forecast of a change's checks.
type Verdict struct {
	Blocked error // a check will certainly refuse it
	Notes   []string
}

// Forecast runs a check of the set for a change of the owner's plan: on the changes that the owner makes together with
// it, and if it refuses those, on all changes of the plan. It certainly fails only if it refuses both, and nothing is
// pending before the change.
func (k *Checker) Forecast(ctx context.Context, c Check, owner any, o resource.Outlook) (v Verdict) {
	switch {
	case k.idle:
		return Verdict{Notes: []string{c.idleNote()}}
	case o.Pending == resource.UnknownPending:
		return v
	}
	p := &k.plans
	if c.Secret == "" {
		c.Secret = p.whySecret()
	}
	whole := false
	if o.Pending == resource.NothingPending {
		alone := p.lookAtReady(ctx, owner, o)
		whole = alone.whole
		a := p.answer(ctx, k, c, alone.overlay)
		switch {
		case errors.Is(a.err, process.ErrNoOverlay):
			return c.verdictOfPlaced(a)
		case c.errorOf(a) == nil:
			return Verdict{Notes: c.listWarnings(a)}
		case errors.Is(a.err, resource.ErrMissing):
			return Verdict{Blocked: c.errorOf(a)}
		case !a.refused:
			return v // its obstacle may be gone by the time of the change
		}
	}
	if o.Pending == resource.KnownPending {
		if v.Blocked = k.ForecastProgram(c); v.Blocked != nil {
			return v
		}
	}
	all := p.lookAtAll(ctx)
	a := p.answer(ctx, k, c, all.overlay)
	err := c.errorOf(a)
	switch {
	case a.err == nil && o.Pending == resource.NothingPending:
		v.Notes = append([]string{"verify accepts it only together with what else the plan changes"}, c.listWarnings(a)...)
	case a.err == nil:
	case errors.Is(a.err, process.ErrNoOverlay):
		v = c.verdictOfPlaced(a)
	case !a.refused:
	case o.Pending == resource.NothingPending && whole && all.whole:
		v.Blocked = err
		p.noteRefusal(c)
	default:
		first, _, _ := strings.Cut(err.Error(), "\n")
		v.Notes = []string{first + ", as far as the plan knows"}
	}
	return v
}

// listWarnings returns the warnings of an accepting check: visudo warns of an alias that nothing defines any more. It
// leaves out other output (that the syntax is right).
func (c Check) listWarnings(a answer) (out []string) {
	const most = 5
	if a.err != nil {
		return nil
	}
	for line := range strings.Lines(a.output) {
		if !strings.Contains(strings.ToLower(line), "warn") {
			continue
		}
		if c.Secret != "" {
			return []string{"verify accepts it with a warning, which is not shown, because " + c.Secret}
		}
		if out = append(out, "verify accepts it, but warns: "+strings.TrimSpace(line)); len(out) == most {
			break
		}
	}
	return out
}

// verdictOfPlaced returns the verdict of a check that cannot run before the change is made.
func (c Check) verdictOfPlaced(a answer) Verdict {
	if c.Strict {
		return Verdict{Blocked: c.errorOfUnchecked(a.err)}
	}
	return Verdict{Notes: []string{c.noteOfPlaced(a)}}
}

// noteOfPlaced returns the note of a check that cannot run before the change is made.
func (c Check) noteOfPlaced(a answer) string {
	return "verify runs when it is in place, and puts the old one back if it refuses: " + strings.TrimPrefix(c.errorOf(a).Error(), "cannot verify ")
}

// viewAll returns the views of all changes of the providers.
func (p *plans) viewAll() (out []*view) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.by {
		out = append(out, b.all)
	}
	return out
}

// whySecret explains why no output is shown: a check sees all contents of the plan.
func (p *plans) whySecret() string {
	for _, v := range p.viewAll() {
		if slices.ContainsFunc(v.changes, isSensitive) {
			return "a content of the plan is sensitive"
		}
	}
	return ""
}

// viewReady returns the view of an owner's changes that wait for nothing pending; nil: there are none.
func (p *plans) viewReady(owner any, o resource.Outlook) *view {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.by, func(b *planned) bool { return b.owner == owner })
	if i < 0 {
		return nil
	}
	b := p.by[i]
	if o.Expected != nil && !(b.reviewed && isSame(b.ready.changes, o.Expected.Ready)) {
		b.ready, b.reviewed = newView(o.Expected.Ready, b.shown), true
	}
	if !b.reviewed {
		return b.all
	}
	return b.ready
}

// lookAtReady returns the effect of an owner's changes that wait for nothing pending.
func (p *plans) lookAtReady(ctx context.Context, owner any, o resource.Outlook) sight {
	if v := p.viewReady(owner, o); v != nil {
		return v.look(ctx)
	}
	return sight{whole: true}
}

// isSame reports whether both are the same slice.
func isSame(a, b []resource.Change) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// lookAtAll returns the effect of all providers' changes.
func (p *plans) lookAtAll(ctx context.Context) sight {
	all := sight{whole: true}
	for _, v := range p.viewAll() {
		one := v.look(ctx)
		all.overlay, all.whole = append(all.overlay, one.overlay...), all.whole && one.whole
	}
	return all
}

// answer runs a check on an overlay, once.
func (p *plans) answer(ctx context.Context, k *Checker, c Check, overlay []process.Overlaid) answer {
	if own := k.HostPath(c.Path); isAtRoot(own) && slices.ContainsFunc(overlay, func(e process.Overlaid) bool { return e.Path == own }) {
		return answer{program: c.Argv[0], err: errAtRoot}
	}
	known := p.recall(c, overlay)
	overlay = slices.DeleteFunc(slices.Clone(overlay), func(e process.Overlaid) bool { return isAtRoot(e.Path) })
	if len(overlay) == 0 {
		return answer{}
	}
	return known.get(ctx, func() answer { return k.checkSet(ctx, c, overlay) })
}

// recall returns the stored answer of a check on an overlay.
func (p *plans) recall(c Check, overlay []process.Overlaid) *lazy[answer] {
	var key strings.Builder
	for _, a := range slices.Concat(c.Argv, c.Env) {
		key.WriteString(a + "\x00")
	}
	for _, e := range overlay {
		key.WriteString("\x00" + e.Path)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answers == nil {
		p.answers = map[string]*lazy[answer]{}
	}
	known := p.answers[key.String()]
	if known == nil {
		known = &lazy[answer]{}
		p.answers[key.String()] = known
	}
	return known
}
