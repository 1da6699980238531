package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
)

// errTooEarly is the reason why a strict check refuses a set that later changes would complete.
var errTooEarly = errors.New("it accepts it only together with what the run changes later, and a mistake in it may lock out even root, so that it must not be in place before that")

// checkTogether runs a check on the set, and if it refuses that, on the set together with the run's later changes.
func (s *set) checkTogether(ctx context.Context, c Check, overlay []process.Overlaid) answer {
	alone := s.k.checkSet(ctx, c, overlay)
	if !alone.refused || len(s.later()) == 0 {
		return alone
	}
	later, secret := s.k.plans.showLater(ctx, s.later())
	all := addLater(overlay, later)
	if len(all) == len(overlay) {
		return alone
	}
	together := s.k.checkSet(ctx, c, all)
	switch {
	case together.err == nil && c.Strict:
		alone.err = fmt.Errorf("%w; %w", alone.err, errTooEarly)
		return alone
	case together.err == nil, together.refused && !secret:
		return together
	}
	return alone
}

// showLater returns the effect of later changes, as far as it is known, and whether any of it is sensitive.
func (p *plans) showLater(ctx context.Context, later []resource.Change) (overlay []process.Overlaid, secret bool) {
	of := addressesOf(later)
	for _, planned := range p.viewAll() {
		cs := slices.DeleteFunc(slices.Clone(planned.changes), func(c resource.Change) bool { return !of[c.Addr] })
		if len(cs) == 0 {
			continue
		}
		v := newView(cs, planned.shown).look(ctx)
		overlay, secret = append(overlay, v.overlay...), secret || slices.ContainsFunc(cs, isSensitive)
	}
	return overlay, secret
}

func addressesOf(cs []resource.Change) map[resource.Addr]bool {
	of := make(map[resource.Addr]bool, len(cs))
	for _, c := range cs {
		of[c.Addr] = true
	}
	return of
}

// addLater adds the effect of later changes. An entry that the set also changes stays as in the set: its later change
// was planned on the entry that the set replaces.
func addLater(overlay, later []process.Overlaid) []process.Overlaid {
	all := slices.Clone(overlay)
	for _, e := range later {
		own := slices.ContainsFunc(overlay, func(o process.Overlaid) bool { return o.Path == e.Path })
		if !own && !isAtRoot(e.Path) {
			all = append(all, e)
		}
	}
	return all
}

// hidden is the part of a wanted value that makes its content sensitive.
type hidden struct {
	Sensitive resource.Opt[bool] `attr:"sensitive"`
}

// isSensitive reports whether output about a change must be hidden.
func isSensitive(c resource.Change) bool {
	return len(c.Secret) > 0 || c.Want != cty.NilVal && resource.Part[hidden](c.Want).Sensitive.Value
}
