package service

import (
	"context"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// Retire implements resources.Retirer: it stops a unit, which runs its
// ExecStop, and disables it, before its file goes. The instances of a template
// are retired with it.
func (p *Provider) Retire(ctx context.Context, key string) error {
	unit, ok := strings.CutPrefix(key, unitKey)
	if !ok {
		return fmt.Errorf("cannot stop and disable %q: it is no unit", key)
	}
	name, err := resources.ParseUnitName(unit)
	if err != nil {
		return fmt.Errorf("cannot stop and disable unit %q: its name %w", unit, err)
	}
	units, err := p.instances(ctx, name)
	if err != nil {
		return err
	}
	cs := make([]resources.Change, len(units))
	for i, u := range units {
		want := map[string]cty.Value{"name": cty.StringVal(u), "enabled": cty.False}
		if n, err := resources.ParseUnitName(u); err == nil && !n.Template {
			want["running"] = cty.False
		}
		cs[i] = resources.Change{Action: resources.Update, Want: cty.ObjectVal(want)}
	}
	for _, err := range p.ApplyBatch(ctx, cs, resources.Forecast{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// instances are the unit itself and, of a template, its instances that are
// loaded.
func (p *Provider) instances(ctx context.Context, name resources.UnitName) ([]string, error) {
	units := []string{name.String()}
	b, err := p.backend()
	if err != nil {
		return nil, err
	}
	s, ok := b.(*systemd)
	if !ok || !name.Template {
		return units, nil
	}
	_, listed, err := s.listing(ctx)
	if err != nil {
		return nil, err
	}
	for u := range listed {
		if n, err := resources.ParseUnitName(u); err == nil && n.TemplateName() == name.String() {
			units = append(units, u)
		}
	}
	return units, nil
}
