package files

import (
	"context"
	"errors"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// permSame reports whether mode, owner and group are as wanted, where they are.
func (p *Provider) permSame(ctx context.Context, want *resources.Entry, live fsys.Info) (bool, error) {
	mode, err := wantMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil || mode != live.Mode {
		return false, err
	}
	same, err := p.ownerSame(ctx, "owner", want.Owner.Value, live)
	if err != nil || !same {
		return false, err
	}
	return p.ownerSame(ctx, "group", want.Group.Value, live)
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
func (p *Provider) withPerm(ctx context.Context, have, want *resources.Entry, live fsys.Info) (*resources.Entry, error) {
	mode, err := wantMode(want, live.Mode, live.Type == fsys.Directory)
	if err != nil {
		return nil, err
	}
	have.Mode = resource.Some(resources.FormatMode(live.Mode))
	if want.Mode.Set && mode == live.Mode {
		have.Mode = want.Mode
	}
	have.Owner, have.Group = resource.Some(p.o.People.UserName(live.UID)), resource.Some(p.o.People.GroupName(live.GID))
	for _, a := range []struct {
		attr       string
		have, want *resource.Opt[string]
	}{{"owner", &have.Owner, &want.Owner}, {"group", &have.Group, &want.Group}} {
		if !a.want.Set {
			continue
		}
		same, err := p.ownerSame(ctx, a.attr, a.want.Value, live)
		if err != nil {
			return nil, err
		}
		if same {
			*a.have = *a.want
		}
	}
	return have, nil
}

// wantPerm returns the wanted owner and mode; unmanaged parts come from base.
// Unlike in Observe, an unknown name is an error.
func (p *Provider) wantPerm(ctx context.Context, want *resources.Entry, base fsys.Perm, dir bool) (fsys.Perm, error) {
	out := base
	var err error
	if out.Mode, err = wantMode(want, base.Mode, dir); err != nil {
		return out, err
	}
	if name := want.Owner.Value; name != "" {
		if out.UID, err = p.o.People.UID(ctx, name); err != nil {
			return out, err
		}
	}
	if name := want.Group.Value; name != "" {
		if out.GID, err = p.o.People.GID(ctx, name); err != nil {
			return out, err
		}
	}
	return out, nil
}
