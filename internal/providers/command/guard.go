package command

import (
	"context"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/userdb"
	"converge/resources"
)

// guards decides whether a command needs to run.
type guards struct {
	root  *fsys.FS
	users *userdb.DB
	idle  bool // guards are not run: they count as reporting a need
}

// isNeeded determines whether there is a need, by the cheapest guard first: creates takes no process.
func (g *guards) isNeeded(ctx context.Context, want *resources.ExecWant) (need bool, err error) {
	if path := string(want.Creates.Value); path != "" {
		there, err := exists(g.root, path)
		if err != nil {
			return false, fmt.Errorf("creates %s: %w", path, err)
		}
		if there {
			return false, nil
		}
	}
	for _, q := range []struct {
		attr  string
		guard cty.Value
		need  bool // the meaning of the guard's success
	}{{"only_if", want.OnlyIf, true}, {"unless", want.Unless, false}} {
		yes, err := g.ask(ctx, want, q.guard)
		if err != nil {
			return false, fmt.Errorf("%s: %w", q.attr, err)
		}
		if yes != nil && *yes != q.need {
			return false, nil
		}
	}
	return true, nil
}

// allow reports whether a command that a trigger requests may run: only_if is a condition, while the other guards
// report that its work is done, which the trigger denies.
func (g *guards) allow(ctx context.Context, want *resources.ExecWant) (bool, error) {
	yes, err := g.ask(ctx, want, want.OnlyIf)
	if err != nil {
		return false, fmt.Errorf("only_if: %w", err)
	}
	return yes == nil || *yes, nil
}

// explainNeed describes what a guard that still reports a need has examined. A command without such a path is judged
// by the next observation.
func (g *guards) explainNeed(want *resources.ExecWant) error {
	path := string(want.Creates.Value)
	if path == "" {
		return nil
	}
	there, err := exists(g.root, path)
	if err != nil {
		return fmt.Errorf("creates %s: %w", path, err)
	}
	if !there {
		return fmt.Errorf("the command ended with success, and did not make %s, which is what creates names", path)
	}
	return nil
}

// ask runs one guard of a command; nil: it is not set. Only a command that ran to its end has given an answer.
func (g *guards) ask(ctx context.Context, want *resources.ExecWant, guard cty.Value) (*bool, error) {
	argv, _ := resources.GuardArgv(guard)
	if argv == nil || g.idle {
		return nil, nil
	}
	s, err := newEnvironment(ctx, g.root, g.users, want)
	if err != nil {
		return nil, err
	}
	r, err := s.run(ctx, argv, parseDuration(want.GuardTimeout, time.Minute), nil)
	if err != nil {
		return nil, err
	}
	if r.Signal != 0 {
		return nil, describeFailure(r)
	}
	yes := r.OK()
	return &yes, nil
}
