package engine

import (
	"context"
	"errors"
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// WantNoMore builds the resource that takes an orphan back: absent, or as before converge first changed it. made is
// what converge made of it; nil: that is not known.
func (o *Orphan) WantNoMore() (back, made *resource.Resource, err error) {
	if o.Past == nil {
		back, err = absentResource(*o)
		return back, nil, err
	}
	us, err := o.Kind.Undo(*o.Past)
	switch {
	case err != nil:
		return nil, nil, err
	case len(us) != 1 || us[0].Kind != "" || us[0].Name != "":
		return nil, nil, errors.New("what it was is not known")
	}
	want, marked := us[0].Want, o.Past.Secret
	if o.Past.WasCreated() && len(marked) > 0 { // a secret that the ledger does not hold may identify it
		for name, v := range o.Kind.NameOf(o.Key, o.ID) {
			if _, known := want[name]; !known {
				want[name] = v
			}
		}
	}
	o.addOptions(want, o.Past.After)
	addr := resource.Addr{Kind: o.Kind.Name, Name: o.ID}
	back = &resource.Resource{Addr: addr, Kind: o.Kind, Want: cty.ObjectVal(want), Key: o.Key}
	back.Secret = o.Kind.Secrets(back.Want, marked)
	maps.Copy(back.Secret, marked)
	if us[0].Made != nil {
		made = &resource.Resource{Addr: addr, Kind: o.Kind, Want: cty.ObjectVal(us[0].Made), Key: o.Key, Secret: back.Secret}
	}
	return back, made, nil
}

// addOptions adds the declared options that prune uses, too, if the ledger has their values.
func (o *Orphan) addOptions(want map[string]cty.Value, declared cty.Value) {
	for name, v := range o.Kind.PruneOptions(declared) {
		if _, set := want[name]; !set {
			want[name] = v
		}
	}
}

// isRemade reports whether a thing is not as converge left it. Attributes that are not put back do not count.
func (s *orphanStep) isRemade(ctx context.Context) bool {
	c, err := compareMade(ctx, s.made, s.change, true)
	return err != nil || c.Action != resource.None
}

// compareMade observes a thing and returns how it differs from what converge made of it, restricted to what back takes
// back. whole means that the change was completed.
func compareMade(ctx context.Context, made *resource.Resource, back resource.Change, whole bool) (resource.Change, error) {
	have, err := observe(ctx, resource.ProbeMade(made, back))
	if err != nil {
		return resource.Change{}, err
	}
	if !whole {
		return resource.DiffUnfinished(made, have, back), nil
	}
	return resource.DiffMade(made, have, back), nil
}
