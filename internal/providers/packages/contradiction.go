package packages

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Declare records all packages that the manifest declares, changed or not. A
// transaction must not undo the declaration of another resource.
func (p *Provider) Declare(rs []*resource.Resource) { p.declared = rs }

// latestNames are the declared packages that are wanted in their latest version.
func (s *sources) latestNames() []string {
	var out []string
	for _, r := range s.declared {
		if resource.Must[resources.PackageWant](r.Want).Ensure.Value == "latest" {
			out = append(out, r.Label())
		}
	}
	return out
}

// refuseContradictions removes from the transaction the changes that would undo what another resource declares, and
// reports whether there are any.
func (j *job) refuseContradictions(ctx context.Context) (refused bool, err error) {
	declared := make(map[string]*resource.Resource, len(j.declared))
	for _, r := range j.declared {
		declared[r.Label()] = r
	}
	for _, o := range j.ops {
		r := cmp.Or(declared[j.joinArch(o.Name, o.Arch)], declared[o.Name])
		if r == nil || j.itemOf(o) != nil || !r.IsEnforced() {
			continue
		}
		what := j.explainContradiction(o, r.Want)
		if what == "" {
			continue
		}
		why := fmt.Errorf("%s then, and %s says otherwise (%s:%d)", what, r.Addr, r.Range.Filename, r.Range.Start.Line)
		return true, j.refuseCauses(ctx, o, why)
	}
	return false, nil
}

// refuseCauses marks the changes that would cause an operation: those for which the manager plans it when it is asked
// for each alone, or else all.
func (j *job) refuseCauses(ctx context.Context, o Operation, why error) error {
	open := j.wordItems()
	var causes []*item
	for _, it := range open {
		if len(open) == 1 {
			break
		}
		s, err := j.Solver.Simulate(ctx, Request{Words: []Word{*it.word}, AllowRemovals: true, AllowDowngrades: true})
		if ctx.Err() != nil {
			return err
		}
		if err == nil && len(s.Failed) == 0 && slices.ContainsFunc(s.Operations, o.isLike) {
			causes = append(causes, it)
		}
	}
	if len(causes) == 0 {
		causes = open
	}
	for _, it := range causes {
		it.err = why
	}
	return nil
}

// isLike reports whether two operations do the same to a package.
func (o *Operation) isLike(other Operation) bool {
	return o.Name == other.Name && o.Arch == other.Arch && o.New == other.New
}

// explainContradiction describes how an operation on a package that is as declared would
// undo its declaration; "" if it does not.
func (s *sources) explainContradiction(o Operation, want cty.Value) string {
	w := resource.Must[resources.PackageWant](want)
	set, err := parseVersionSet(w.Version.Value)
	gone := w.IsAbsent()
	switch {
	case err != nil:
		return ""
	case o.removes() && !gone:
		return s.Name + " would remove " + o.Name
	case !o.removes() && gone && o.Old == "":
		return s.Name + " would install " + o.Name
	case !o.removes() && !gone && !s.allows(set, o.New):
		return s.Name + " would make " + o.Name + " version " + o.New
	}
	return ""
}
