package initd

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// observe returns the wanted attributes that hold. A state that can never be reached is
// an error.
func (p *Provider) observe(ctx context.Context, w wanted, s script) (cty.Value, error) {
	if err := p.check(w, s); err != nil {
		return cty.NilVal, err
	}
	have := map[string]cty.Value{"name": cty.StringVal(w.given)}
	if w.masked != nil {
		have["masked"] = cty.BoolVal(s.isMasked())
	}
	if w.enabled != nil {
		is, err := p.isEnabled(w, s)
		if err != nil {
			return cty.NilVal, err
		}
		have["enabled"] = cty.BoolVal(is)
	}
	if w.running != nil {
		is, err := p.isRunning(ctx, w, s)
		if err != nil {
			return cty.NilVal, err
		}
		have["running"] = cty.BoolVal(is)
	}
	return cty.ObjectVal(have), nil
}

// check refuses states that a service cannot have.
func (p *Provider) check(w wanted, s script) error {
	begins := isTrue(w.enabled) || isTrue(w.running)
	switch {
	case !s.isThere() && (begins || isTrue(w.masked)):
		err := fmt.Errorf("there is no service %s: its script %s/%s %w", w.name, scripts, w.name, resource.ErrMissing)
		return resource.Lacking(err, "unit:"+w.name+".service", "check the name, or declare what brings it: a package, or the script")
	case s.isMasked() && w.masked == nil && begins:
		return fmt.Errorf("service %s is masked: its script %s is not executable, so that nothing can start it (masked = false lifts that)", w.name, s.path)
	}
	return nil
}

// isRunning reports whether a service runs. On a machine where nothing runs, it is as wanted.
func (p *Provider) isRunning(ctx context.Context, w wanted, s script) (bool, error) {
	if !p.runs {
		return *w.running, nil
	}
	c, why, err := p.looker.look(ctx, w, s)
	if ends, stopped := p.endings.has(w.name); err == nil && c == unknown && ends && !*w.running {
		return !stopped, nil
	}
	if err == nil && c == unknown {
		err = fmt.Errorf("cannot tell whether service %s runs: %s (its script %s needs the action status, or the manifest must not say running)", w.name, why, s.path)
	}
	if c == crashed { // it runs as little as a stopped one
		return !*w.running, err
	}
	return c == up, err
}
