package store

import (
	"context"
	"slices"
)

// Switch is a package that is about to be shown in another version, or, with To
// empty, not any more. Both are disk names.
type Switch struct{ Package, From, To string }

// Guard checks switches before packages are switched from one version to another
// or unstowed, and at no other time: not for a first version, not for what is
// shown already, and not for a change that had begun. shown is the version of
// each package that the target will show. Its error is that of the command, which
// then does nothing.
type Guard func(ctx context.Context, switches []Switch, shown map[string]string) error

// Shown is the version of each package that the target shows, or its current
// generation if it has any.
func (s *Store) Shown(ctx context.Context) (map[string]string, error) {
	at := s.at
	if !at.home {
		if g, err := current(at.dir); err == nil && g != 0 {
			d, err := at.dir.OpenPath(g.path())
			if err != nil {
				return nil, err
			}
			defer d.Close()
			at = s.placeAt(d, false)
		}
	}
	r := s.newRun(at, Options{})
	defer r.close()
	return r.shown(ctx)
}

func (r *run) shown(ctx context.Context) (map[string]string, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	shown := map[string]string{}
	for _, foo := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		st, err := r.at.seat(r.Store, foo)
		if err != nil {
			if notDir(err) == nil {
				continue
			}
			return nil, err
		}
		text := ""
		if st.dir != nil {
			text, err = st.link(nameInstalled)
		}
		st.close()
		if err != nil {
			return nil, err
		}
		if v, ok := parseVersion(text, st.base); ok {
			shown[foo] = v
		}
	}
	return shown, nil
}

// guard asks whether the switches among the jobs may be made.
func (r *run) guard(ctx context.Context) error {
	if r.cfg.Guard == nil {
		return nil
	}
	var switches []Switch
	after := map[string]string{}
	for _, j := range r.jobs {
		if j.goal.Config {
			continue
		}
		after[j.foo] = j.goal.Version
		if from, to := j.was.installed, j.goal.Version; from != "" && from != to {
			switches = append(switches, Switch{j.foo, from, to})
		}
	}
	if len(switches) == 0 {
		return nil
	}
	shown, err := r.shown(ctx)
	if err != nil {
		return err
	}
	for foo, version := range after {
		if shown[foo] = version; version == "" {
			delete(shown, foo)
		}
	}
	return r.cfg.Guard(ctx, switches, shown)
}

// allKeys are the keys of either map, by byte order.
func allKeys(a, b map[string]content) []string {
	keys := slices.Concat(sortedKeys(a), sortedKeys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// guard asks the same of a generation: had is what the one before shows.
func (g *growth) guard(ctx context.Context, had map[string]content) error {
	if g.cfg.Guard == nil {
		return nil
	}
	var switches []Switch
	shown := map[string]string{}
	for _, foo := range allKeys(had, g.want) {
		from, to := had[foo].version, g.want[foo].version
		if to != "" {
			shown[foo] = to
		}
		if from != "" && from != to {
			switches = append(switches, Switch{foo, from, to})
		}
	}
	if len(switches) == 0 {
		return nil
	}
	return g.cfg.Guard(ctx, switches, shown)
}
