package store

import (
	"context"
	"maps"
)

// guardSwitches asks Settings.Guard whether switches may be made, if there are any.
// shown reads the version of each package afterwards; "" is none.
func (s *Store) guardSwitches(ctx context.Context, switches []Switch, shown func() (map[string]string, error)) error {
	if s.cfg.Guard == nil || len(switches) == 0 {
		return nil
	}
	after, err := shown()
	if err != nil {
		return err
	}
	maps.DeleteFunc(after, func(_, version string) bool { return version == "" })
	return s.cfg.Guard(ctx, switches, after)
}

// addSwitch adds the switch of a package whose shown version becomes another.
func addSwitch(switches []Switch, foo, from, to string) []Switch {
	if from == "" || from == to {
		return switches
	}
	return append(switches, Switch{foo, from, to})
}
