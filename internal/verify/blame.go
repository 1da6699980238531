package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
)

// A check that refuses a set also judges changes that do not name it, and one of these may be the cause. Without the
// changes that name it, the check would no longer run, and the bad change would go live. So a check that has refused
// something also judges the remaining changes.

// refusal is a check's refusal of changes that do not name it.
type refusal struct {
	check  Check
	answer answer
}

// of returns its error for a change that does not name it.
func (r *refusal) of(path, verb string) error {
	a, c := r.answer, r.check
	a.program = fmt.Sprintf("%s, the verify of %q,", a.program, c.Path)
	c.Path, c.Verb = path, verb
	return c.errorOf(a)
}

// noteRefusal records a check that has refused something, for all sets of this run.
func (p *plans) noteRefusal(c Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.refused, c.isSame) {
		p.refused = append(p.refused, c)
	}
}

// noteRefusal records a check that has refused something, for all sets of this run.
func (k *Checker) noteRefusal(c Check) { k.plans.noteRefusal(c) }

// listRefused returns the checks that have refused something in this run.
func (k *Checker) listRefused() []Check {
	k.plans.mu.Lock()
	defer k.plans.mu.Unlock()
	return slices.Clone(k.plans.refused)
}

// findCulprits returns the files because of which a check refuses the set, and its answer; none if the check accepts the
// set, or refuses the machine as it is, so that the cause is unknown.
func findCulprits(ask func(files []process.Overlaid) answer, files []process.Overlaid) ([]process.Overlaid, answer) {
	files = slices.DeleteFunc(slices.Clone(files), func(e process.Overlaid) bool { return isAtRoot(e.Path) })
	if len(files) == 0 {
		return nil, answer{}
	}
	a := ask(files)
	if !a.refused || ask(nil).err != nil {
		return nil, answer{}
	}
	return narrow(ask, files), a
}

// narrow returns the refused files that are refused by themselves: all of them, if only several together are.
func narrow(ask func(files []process.Overlaid) answer, files []process.Overlaid) []process.Overlaid {
	if len(files) == 1 {
		return files
	}
	var out []process.Overlaid
	for _, half := range [][]process.Overlaid{files[:len(files)/2], files[len(files)/2:]} {
		if ask(half).refused {
			out = append(out, narrow(ask, half)...)
		}
	}
	if len(out) == 0 {
		return files
	}
	return out
}

// naming is the part of a wanted value that names checks.
type naming struct {
	Verify resource.Opt[[]string] `attr:"verify"`
	Path   resource.Opt[string]   `attr:"path"`
}

// names reports whether a change names a command.
func names(c resource.Change, argv []string) bool {
	return c.Want != cty.NilVal && slices.Equal(resource.Part[naming](c.Want).Verify.Value, argv)
}

// namedCheck is a check of the set with the change that names it.
type namedCheck struct {
	addr  resource.Addr // of the change
	check Check
}

// listNamed lists the checks of the set that each of the changes names.
func listNamed(cs []resource.Change) (out []namedCheck) {
	for _, c := range cs {
		if c.Want == cty.NilVal {
			continue
		}
		n := resource.Part[naming](c.Want)
		if argv := n.Verify.Value; len(argv) > 0 && !NamesPath(argv) {
			out = append(out, namedCheck{c.Addr, Check{Argv: argv, Path: resource.DecodeBytes(n.Path.Value)}})
		}
	}
	return out
}

// ForecastUnnamed forecasts whether a check of the set that only other changes name refuses a change of the owner's
// plan. path is its file, verb the step that would not be done.
func (k *Checker) ForecastUnnamed(ctx context.Context, path, verb string, owner any, o resource.Outlook) error {
	p := &k.plans
	v := p.viewReady(owner, o)
	if o.Pending != resource.NothingPending || v == nil || len(p.listChecks()) == 0 {
		return nil
	}
	blamed := v.blamed.get(ctx, func() map[string]*refusal { return p.blame(ctx, k, v) })
	if r := blamed[k.HostPath(path)]; r != nil {
		return r.of(path, verb)
	}
	return nil
}

// listNamed lists the checks of the set that each change of the plan names.
func (p *plans) listNamed() []namedCheck {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listAll()
	return p.named
}

// listChecks lists the checks of the set that the plan names, each once.
func (p *plans) listChecks() []Check {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listAll()
	return p.checks
}

// listAll lists, once, the checks that the plan names. The lock is held.
func (p *plans) listAll() {
	if p.named != nil {
		return
	}
	p.named, p.checks = []namedCheck{}, nil
	for _, b := range p.by {
		p.named = append(p.named, listNamed(b.all.changes)...)
	}
	for _, n := range p.named {
		if !slices.ContainsFunc(p.checks, n.check.isSame) {
			p.checks = append(p.checks, n.check)
		}
	}
}

// isSame reports whether two checks run the same command.
func (c Check) isSame(o Check) bool { return slices.Equal(c.Argv, o.Argv) }

// blame returns the files in a view because of which a check refuses the view although they do not name it. It excludes
// files that the other changes of the plan would complete.
func (p *plans) blame(ctx context.Context, k *Checker, v *view) map[string]*refusal {
	out := map[string]*refusal{}
	for _, c := range p.listChecks() {
		if c.Secret = p.whySecret(); !p.isRefused(ctx, k, c, v) {
			continue
		}
		p.noteRefusal(c)
		own := newView(leaveOut(v.changes, c), v.shown).look(ctx).overlay
		later := p.showOthers(ctx, c, own)
		ask := func(files []process.Overlaid) answer {
			a := k.checkSet(ctx, c, files)
			if a.refused && len(files) > 0 && len(later) > 0 {
				a = k.checkSet(ctx, c, addLater(files, later))
			}
			return a
		}
		culprits, a := findCulprits(ask, own)
		for _, e := range culprits {
			out[e.Path] = &refusal{c, a}
		}
	}
	return out
}

// showOthers returns the effect of the plan's changes that do not name a check, except on some files.
func (p *plans) showOthers(ctx context.Context, c Check, files []process.Overlaid) (out []process.Overlaid) {
	for _, v := range p.viewAll() {
		out = append(out, newView(leaveOut(v.changes, c), v.shown).look(ctx).overlay...)
	}
	return slices.DeleteFunc(out, func(e process.Overlaid) bool {
		return slices.ContainsFunc(files, func(f process.Overlaid) bool { return f.Path == e.Path })
	})
}

// leaveOut returns the changes that do not name a check.
func leaveOut(cs []resource.Change, c Check) []resource.Change {
	return slices.DeleteFunc(slices.Clone(cs), func(o resource.Change) bool { return names(o, c.Argv) })
}

// isRefused reports whether a check will certainly refuse a view.
func (p *plans) isRefused(ctx context.Context, k *Checker, c Check, v *view) bool {
	if own := v.look(ctx); !own.whole || !p.answer(ctx, k, c, own.overlay).refused {
		return false
	}
	all := p.lookAtAll(ctx)
	return all.whole && p.answer(ctx, k, c, all.overlay).refused
}
