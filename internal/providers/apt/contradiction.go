package apt

import (
	"context"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// refuseContradictions removes from the transaction the changes that would undo what another resource declares, and
// reports whether there are any.
func (j *job) refuseContradictions(ctx context.Context) (refused bool, err error) {
	o, r := j.findContradiction()
	if o == nil {
		return false, nil
	}
	return true, j.refuseCauses(ctx, *o, explainContradiction(*o, r.Want), r)
}

// findContradiction finds an operation that would undo what another resource declares.
func (j *job) findContradiction() (*operation, *resource.Resource) {
	declared := j.sources.declaredIn(j.db)
	for i, o := range j.ops {
		r := declared[o.name]
		if r != nil && j.itemOf(o.name) == nil && r.IsEnforced() && explainContradiction(o, r.Want) != "" {
			return &j.ops[i], r
		}
	}
	return nil, nil
}

// refuseCauses marks the changes that would cause an operation: those for which apt plans it when it is asked for each
// alone, or else all.
func (j *job) refuseCauses(ctx context.Context, o operation, what string, r *resource.Resource) error {
	var open, causes []*item
	for _, it := range j.items {
		if it.err == nil && it.word != "" {
			open = append(open, it)
		}
	}
	for _, it := range open {
		if len(open) == 1 {
			break
		}
		ops, bad, err := j.simulateWords(ctx, []string{it.word})
		if err != nil {
			return err
		}
		if len(bad) == 0 && slices.Contains(ops, o) {
			causes = append(causes, it)
		}
	}
	if len(causes) == 0 {
		causes = open
	}
	for _, it := range causes {
		it.err = fmt.Errorf("%s then, and %s says otherwise (%s:%d)", what, r.Addr, r.Range.Filename, r.Range.Start.Line)
	}
	return nil
}

// Declare records all packages that the manifest declares, changed or not. A
// transaction must not undo the declaration of another resource.
func (p *Provider) Declare(rs []*resource.Resource) {
	p.declared = rs
}

// declaredIn returns the declared packages by the names that the database has
// for them.
func (s *sources) declaredIn(db *database) map[string]*resource.Resource {
	out := make(map[string]*resource.Resource, len(s.declared))
	for _, r := range s.declared {
		out[db.nameOf(r.Label())] = r
	}
	return out
}

// explainContradiction describes how an operation on a package that is as declared would
// undo its declaration; "" if it does not.
func explainContradiction(o operation, want cty.Value) string {
	w := resource.Must[resources.PackageWant](want)
	set, err := parseVersionSet(w.Version.Value)
	gone := w.IsAbsent()
	switch {
	case err != nil:
		return ""
	case o.removes() && !gone:
		return "apt would remove " + o.name
	case !o.removes() && gone && o.old == "":
		return "apt would install " + o.name
	case !o.removes() && !gone && !set.AllowsPlace(o.new):
		return "apt would make " + o.name + " version " + o.new
	}
	return ""
}

func isAbsent(ensure string) bool { return ensure == "absent" || ensure == "purged" }
