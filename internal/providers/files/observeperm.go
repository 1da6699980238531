package files

import (
	"context"
	"errors"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// permSame reports whether mode, owner and group are as wanted, where they are.
func (p *Provider) permSame(ctx context.Context, want cty.Value, live fsys.Info) (bool, error) {
	mode, err := wantMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil || mode != live.Mode {
		return false, err
	}
	for _, a := range [...]string{"owner", "group"} {
		same, err := p.ownerSame(ctx, a, resource.StringAttr(want, a), live)
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// ownerSame: a name that the machine does not know is not the same; it may be
// made in this run.
func (p *Provider) ownerSame(ctx context.Context, attr, name string, live fsys.Info) (bool, error) {
	if name == "" {
		return true, nil
	}
	id, lookup := live.UID, p.o.People.UID
	if attr == "group" {
		id, lookup = live.GID, p.o.People.GID
	}
	wanted, err := lookup(ctx, name)
	if errors.Is(err, userdb.ErrUnknown) {
		return false, nil
	}
	return err == nil && wanted == id, err
}

// withPerm adds mode, owner and group as seen: in the wanted words where they
// are met.
func (p *Provider) withPerm(ctx context.Context, m map[string]cty.Value, want cty.Value, live fsys.Info) (cty.Value, error) {
	mode, err := wantMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil {
		return cty.NilVal, err
	}
	m["mode"] = cty.StringVal(resources.FormatMode(live.Mode))
	if w := resource.GetAttr(want, "mode"); w != cty.NilVal && mode == live.Mode {
		m["mode"] = w
	}
	m["owner"] = cty.StringVal(p.o.People.UserName(live.UID))
	m["group"] = cty.StringVal(p.o.People.GroupName(live.GID))
	for _, a := range [...]string{"owner", "group"} {
		w := resource.GetAttr(want, a)
		if w == cty.NilVal {
			continue
		}
		same, err := p.ownerSame(ctx, a, w.AsString(), live)
		if err != nil {
			return cty.NilVal, err
		}
		if same {
			m[a] = w
		}
	}
	return cty.ObjectVal(m), nil
}

// wantPerm returns the wanted owner and mode; unmanaged parts come from base.
// Unlike in Observe, an unknown name is an error.
func (p *Provider) wantPerm(ctx context.Context, want cty.Value, base fsys.Perm, dir bool) (fsys.Perm, error) {
	out := base
	var err error
	if out.Mode, err = wantMode(want, base.Mode, dir); err != nil {
		return out, err
	}
	if name := resource.StringAttr(want, "owner"); name != "" {
		if out.UID, err = p.o.People.UID(ctx, name); err != nil {
			return out, err
		}
	}
	if name := resource.StringAttr(want, "group"); name != "" {
		if out.GID, err = p.o.People.GID(ctx, name); err != nil {
			return out, err
		}
	}
	return out, nil
}
