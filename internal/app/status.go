package app

import (
	"context"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/app/past"
	"converge/internal/view"
)

// ShowStatus shows the status, and ends with what it means for monitoring.
func ShowStatus(ctx context.Context, env *environ.Env, f *past.Options, wait bool) error {
	state, root, err := past.Open(ctx, env, f)
	if err != nil {
		return err
	}
	if wait && state.Holder() != "" {
		if err := state.Close(); err != nil {
			return err
		}
		if state, err = awaitRun(ctx, env, f); err != nil {
			return err
		}
	}
	defer state.Close() //nolint:errcheck // it was only read
	st, err := past.ReadStatus(state)
	if err == nil && wait {
		err = awaitQueued(ctx, env, f, root, state, &st)
	}
	if err != nil {
		return err
	}
	if f.JSON {
		err = view.WriteJSON(env.Out, st)
	} else {
		err = view.ShowStatus(env.Out, env.IsColored(env.Out), environ.TerminalWidth(env.Out), st)
	}
	if err != nil {
		return err
	}
	return statusExit(st)
}

func statusExit(st view.Status) error {
	switch {
	case st.Holder != "":
		return exit.Silently(exit.Locked)
	case st.Run == "":
		return exit.Silently(exit.Failure)
	case st.Result != "converged" || len(st.Owed) > 0 || len(st.Queued) > 0,
		slices.ContainsFunc(st.Sites, func(o view.Site) bool { return o.Result != "converged" }):
		return exit.Silently(exit.Incomplete)
	}
	return nil
}
