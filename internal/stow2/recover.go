package stow2

import "context"

// recover repairs, and does nothing else.
func (r *run) recover(ctx context.Context, cmd Command) error {
	if len(cmd.Stow)+len(cmd.Unstow) > 0 {
		return &usageError{"--recover takes no packages"}
	}
	at, err := r.places(cmd)
	if err != nil {
		return err
	}
	s, err := r.open(ctx, cmd, at)
	if err != nil {
		return err
	}
	defer s.close()
	if s.interrupted {
		return errInterrupted
	}
	return nil
}
