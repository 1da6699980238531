package cli

import (
	"context"

	"converge/internal/stow/store"
)

// recoverTarget repairs, and does nothing else.
func (r *run) recoverTarget(ctx context.Context, cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--recover takes no packages"}
	}
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	s, err := r.openTarget(ctx, cmd, at)
	if err != nil {
		return err
	}
	defer s.close()
	st, err := r.openStoreAt(cmd, at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	if !cmd.Simulate {
		if err := s.dir.Unlock(); err != nil { // the store takes locks in an order of its own
			return err
		}
		_, err = st.Recover(ctx, store.Options{Force: cmd.Force, Notify: cmd.Notify})
		return r.reportConflicts(err)
	}
	foos, err := st.Interrupted(ctx)
	if err == nil && (s.interrupted || len(foos) > 0) {
		for _, foo := range foos {
			r.warn("interrupted: " + foo)
		}
		err = errInterrupted
	}
	return err
}
