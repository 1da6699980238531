package cli

import (
	"context"

	"converge/internal/stow/store"
)

// makeMarkers makes the markers by which GNU Stow knows links into the stow directory,
// and into versions of packages, for stowed. Without packages: all that there
// can be. A naive package is never given one.
func (r *run) makeMarkers(ctx context.Context, cmd Command) error {
	at, err := r.findPlaces(cmd)
	if err != nil {
		return err
	}
	st, err := r.openStoreAt(cmd, at)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	q := &inquiry{opener: r.opener, cmd: cmd, at: at, st: st}
	args, err := q.parseArgs()
	if err != nil {
		return err
	}
	foos, err := q.findMarkable(ctx, args)
	if err != nil {
		return err
	}
	for _, foo := range foos {
		if isThere(at.stow + "/" + foo + "/.stow") {
			continue
		}
		r.sinkFor(cmd)(1, "MARK: "+foo)
		if cmd.Simulate {
			continue
		}
		if _, err := st.Mark(ctx, foo); err != nil {
			return err
		}
	}
	if cmd.Simulate {
		r.warn(simulated)
	}
	return nil
}

// findMarkable returns the packages that can have a marker; "." is the stow directory.
func (q *inquiry) findMarkable(ctx context.Context, args []store.Arg) ([]string, error) {
	states, err := q.readStates(ctx, args)
	if err != nil {
		return nil, err
	}
	var foos []string
	if len(args) == 0 {
		foos = append(foos, ".")
	}
	for _, st := range states {
		switch {
		case st.Protocol:
			foos = append(foos, st.Package)
		case len(args) > 0:
			return nil, &usageError{st.Package + " has no versions: a marker would be one of its files"}
		}
	}
	return foos, nil
}
