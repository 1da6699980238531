package cli

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"

	"converge/internal/stow/execute"
	"converge/internal/stow/farm"
	"converge/internal/stow/store"
)

// drift is a path that differs from what stowing would leave.
type drift struct {
	Package string `json:"package"`
	Kind    string `json:"kind"` // "missing", "foreign", "dangling", "changed", "conflict"
	Path    string `json:"path"`
	Is      string `json:"is,omitempty"`   // the text of the present link
	Want    string `json:"want,omitempty"` // the text of the expected link
	Text    string `json:"text,omitempty"` // of a conflict
}

func (d drift) String() string {
	s := d.Package + ": " + d.Kind + ": " + quoteControls(d.Path)
	switch {
	case d.Kind == "changed" && d.Want != "":
		s += " is " + d.Is + ", not -> " + quoteControls(d.Want)
	case d.Want != "":
		s += " -> " + quoteControls(d.Want)
	case d.Kind == "dangling" || d.Is != "" && d.Text == "":
		s += " is " + d.Is
	}
	if d.Text != "" {
		s += ": " + d.Text
	}
	return s
}

// verifyPackages checks whether packages are as stowing would leave them.
func (q *inquiry) verifyPackages(ctx context.Context) error {
	args, err := q.parseArgs()
	if err != nil {
		return err
	}
	if err := q.findInterrupted(ctx, args); err != nil {
		return err
	}
	if args, err = q.listParts(ctx, args); err != nil {
		return err
	}
	list, seen := []drift{}, map[string]bool{}
	for _, arg := range args {
		found, err := q.findDrift(ctx, arg)
		if err != nil {
			return err
		}
		for _, d := range found {
			if key := d.Kind + " " + d.Path; !seen[key] {
				list, seen[key] = append(list, d), true
			}
		}
	}
	if !q.cmd.JSON {
		for _, d := range list {
			fmt.Fprintln(q.Stdout, d)
		}
	} else if err := q.writeJSON(list); err != nil {
		return err
	}
	if len(list) > 0 {
		return errTold
	}
	return nil
}

// listParts returns the parts to verify: the named ones, or else those that the target shows. A version recorded as
// installed always counts as shown; a bare name means that version, and :config if it is stowed.
func (q *inquiry) listParts(ctx context.Context, args []store.Arg) (out []store.Arg, err error) {
	for _, arg := range args {
		st, err := q.st.Observe(ctx, arg.Package)
		if err != nil {
			return nil, err
		}
		parts := []store.Arg{arg}
		if arg.Part == "" && st.Installed != "" {
			if parts, err = q.stowedParts(ctx, st); err != nil {
				return nil, err
			}
		}
		out = append(out, parts...)
	}
	if len(args) > 0 {
		return out, nil
	}
	all, err := q.st.Packages(ctx)
	for _, st := range all {
		parts, err := q.stowedParts(ctx, st)
		if err != nil {
			return nil, err
		}
		out = append(out, parts...)
	}
	return out, err
}

// stowedParts returns the stowed parts of a package.
func (q *inquiry) stowedParts(ctx context.Context, st store.State) (out []store.Arg, err error) {
	var maybe []store.Arg
	if st.Installed != "" {
		out = append(out, store.Arg{Package: st.Package, Part: st.Installed})
	}
	if !st.Protocol {
		maybe = append(maybe, store.Arg{Package: st.Package})
	}
	if st.Config {
		maybe = append(maybe, store.Arg{Package: st.Package, Part: store.Config})
	}
	for _, arg := range maybe {
		e, err := q.measureExtent(ctx, arg)
		if err != nil {
			return nil, err
		}
		if e.Links > 0 {
			out = append(out, arg)
		}
	}
	return out, nil
}

// findDrift returns what restowing a package would change, and the conflicts that would prevent it.
func (q *inquiry) findDrift(ctx context.Context, arg store.Arg) ([]drift, error) {
	if arg.Part != "" && !q.isDir(q.at.stow+"/"+arg.String()) {
		if st, err := q.st.Observe(ctx, arg.Package); err != nil || st.Installed == arg.Part {
			return []drift{{Package: arg.String(), Kind: "missing", Path: path.Join(q.at.path, arg.String()), Text: "the directory of what is stowed"}}, err
		}
	}
	plan, effects, err := q.planChange(ctx, store.Restow, arg, nil)
	if err != nil {
		return nil, err
	}
	var out []drift
	for _, c := range plan.Conflicts {
		d, err := q.driftOfConflict(c)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	for _, e := range effects {
		d, err := q.driftOfEffect(arg, e)
		if err != nil {
			return nil, err
		}
		if d.Kind != "" {
			out = append(out, d)
		}
	}
	return out, nil
}

// driftOfConflict returns the drift that a conflict reveals at its path.
func (q *inquiry) driftOfConflict(c farm.Conflict) (drift, error) {
	d := drift{Package: c.Package, Kind: "foreign", Path: c.Path}
	t, text, err := q.disk.Look(c.Path)
	switch {
	case err != nil:
		return d, err
	case t == farm.None || strings.HasPrefix(c.Text, "source is "):
		d.Kind, d.Text = "conflict", c.Text
	case t == farm.Symlink:
		d.Is = "-> " + quoteControls(text)
	default:
		d.Is = kindOf(execute.What{Type: t})
	}
	return d, nil
}

// driftOfEffect returns the drift that an effect of restowing reveals at its path.
// Added or removed directories are covered by their content.
func (q *inquiry) driftOfEffect(arg store.Arg, e execute.Effect) (drift, error) {
	d := drift{Package: arg.String(), Path: e.Path}
	if e.Is.Type == farm.Symlink {
		d.Want = e.Is.Text
	}
	switch {
	case e.Was.Type == farm.Symlink:
		d.Is = "-> " + quoteControls(e.Was.Text)
		leads, err := q.disk.Leads(e.Path)
		if err != nil {
			return d, err
		}
		if d.Kind = "changed"; leads == farm.None {
			d.Kind, d.Want = "dangling", ""
			if !q.leadsInto(e.Path, e.Was.Text, arg) {
				d.Package = cmp.Or(q.packageAt(e.Path, e.Was.Text), d.Package)
			}
		}
	case e.Was.Type == farm.None && e.Is.Type == farm.Symlink:
		d.Kind = "missing"
	case e.Is.Type == farm.Symlink:
		d.Kind, d.Is = "changed", kindOf(e.Was)
	}
	return d, nil
}
