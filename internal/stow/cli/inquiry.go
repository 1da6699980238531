package cli

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
	"converge/internal/stow/tree"
)

// inquiry reads how packages are stowed in the target. It changes nothing, and only waits for a running change of those
// packages to end.
type inquiry struct {
	*opener
	disk   *tree.Disk
	broken []string // packages whose change was interrupted
	debris bool     // a killed run has left remains in the target
}

// inquire opens an inquiry and runs ask on it.
func (r *run) inquire(ctx context.Context, ask func(*inquiry, context.Context) error) (err error) {
	q := &inquiry{opener: r.opener, disk: tree.New(r.st.Target())}
	defer q.disk.Close()
	if q.debris, err = execute.Interrupted(r.st.Target()); err != nil {
		return err
	}
	if q.broken, err = r.st.Interrupted(ctx); err != nil {
		return err
	}
	return ask(q, ctx)
}

// findInterrupted returns the error that ends an inquiry if a change of one of the packages was interrupted; without
// args, of any package.
func (q *inquiry) findInterrupted(ctx context.Context, args []store.Arg) error {
	if q.debris {
		return errInterrupted
	}
	for _, foo := range q.broken {
		if len(args) == 0 || slices.ContainsFunc(args, func(a store.Arg) bool { return a.Package == foo }) {
			st, err := q.st.Observe(ctx, foo)
			if err != nil {
				return err
			}
			return &store.InterruptedError{Package: foo, From: st.Installed, To: st.To}
		}
	}
	return nil
}

// parseArgs returns the packages that the command names.
func (o *opener) parseArgs() ([]store.Arg, error) {
	if len(o.cmd.Unstow) > 0 {
		return nil, &usageError{"-D and -R do something; this only tells"}
	}
	var out []store.Arg
	for _, word := range o.cmd.Stow {
		arg, err := store.ParseArg(word)
		if err != nil {
			return nil, err
		}
		out = append(out, arg)
	}
	return out, nil
}

// parseVersions returns the packages of a command that requires versions of them.
func (o *opener) parseVersions(option string) ([]store.Arg, error) {
	if len(o.cmd.Unstow) > 0 || len(o.cmd.Stow) == 0 {
		return nil, &usageError{option + " takes PACKAGE/VERSION"}
	}
	args, err := o.parseArgs()
	for _, a := range args {
		if a.Part == "" || a.Part == store.Config {
			return nil, &usageError{option + " takes PACKAGE/VERSION, not " + a.String()}
		}
	}
	return args, err
}

// planChange plans one change of one package, even if another holder manages it. The planner's decisions are passed to
// onDecision, if it is set.
func (q *inquiry) planChange(ctx context.Context, do store.Action, arg store.Arg, onDecision func(farm.Decided)) (store.Plan, []execute.Effect, error) {
	q.onDecision = onDecision
	defer func() { q.onDecision = nil }()
	plan, err := q.st.Plan(ctx, []store.Change{{Action: do, Arg: arg}}, store.Options{Force: true, Naive: true})
	if err != nil {
		return plan, nil, err
	}
	effects, err := execute.Effects(plan.Ops)
	return plan, effects, err
}

// extent is how much of a package the target shows.
type extent struct {
	Links   int `json:"links"`  // existing ones
	Of      int `json:"of"`     // those of a complete stow
	Folded  int `json:"folded"` // of Links, those that lead to directories
	outside int // conflicts, or changes needed elsewhere
}

// The words for extents.
const (
	stowed  = "stowed"
	partly  = "partly stowed"
	not     = "not stowed"
	nothing = "nothing to stow"
)

func (e extent) String() string {
	switch {
	case e.Of == 0 && e.outside == 0:
		return nothing
	case e.Links == 0:
		return not
	case e.Links < e.Of || e.outside > 0:
		return partly
	}
	return stowed
}

// measureExtent determines how much of a package, or a part of one, is stowed, by what stowing it would change and keep.
func (q *inquiry) measureExtent(ctx context.Context, arg store.Arg) (extent, error) {
	var e extent
	plan, effects, err := q.planChange(ctx, store.Stow, arg, func(h farm.Decided) {
		if h.Decision == farm.Kept {
			e.Links++
			if h.Type == farm.Dir {
				e.Folded++
			}
		}
	})
	e.Of = e.Links + len(plan.Conflicts)
	for _, f := range effects {
		if f.Is.Type == farm.Symlink && q.leadsInto(f.Path, f.Is.Text, arg) {
			e.Of++
		} else {
			e.outside++
		}
	}
	return e, err
}

// leadsInto reports whether a link leads into a package, or the part of it.
func (q *inquiry) leadsInto(at, text string, arg store.Arg) bool {
	return strings.HasPrefix(q.resolveText(at, text)+"/", path.Join(q.at.path, arg.String())+"/")
}

// packageAt returns the package of the stow directory that a link leads into, even if its target is missing; "" if it
// leads elsewhere.
func (o *opener) packageAt(at, text string) string {
	rest, ok := strings.CutPrefix(o.resolveText(at, text), o.at.path+"/")
	if !ok {
		return ""
	}
	foo, _, _ := strings.Cut(rest, "/")
	return foo
}

// resolveText resolves the text of a link to a path from the target.
func (o *opener) resolveText(at, text string) string {
	if path.IsAbs(text) {
		if rest, ok := strings.CutPrefix(path.Clean(text)+"/", o.at.stow+"/"); ok {
			return path.Join(o.at.path, rest)
		}
		return path.Clean(text)
	}
	return path.Join(path.Dir(at), text)
}
