package engine

import (
	"context"
	"fmt"
	"strings"

	"converge/internal/resource"
)

// explainContradiction explains why a resource does not stay as declared: the second pass found it as declared, or
// made it so, and a later step changed it again.
func (r *applyRun) explainContradiction(ctx context.Context, d drift) error {
	how := describeDifference(ctx, r.Resources[d.i], d.change)
	others := r.suspects(d.i)
	if len(others) == 0 {
		return fmt.Errorf("does not stay as declared: %s. It was made so twice in this run, and nothing else was changed after it: "+
			"it undoes that itself, or something outside converge does", how)
	}
	if len(others) > 1 {
		return fmt.Errorf("contradicts one of %s: making those as declared has altered this: %s", strings.Join(others, ", "), how)
	}
	if r.steps[d.i].acted {
		return fmt.Errorf("contradicts %s: each undoes the other, and this one differs again: %s", others[0], how)
	}
	return fmt.Errorf("contradicts %s: making that as declared has altered this: %s", others[0], how)
}

// suspects names, with their places, the resources that may have changed a resource in the second pass: those related
// to the same thing or, without any, all changed ones.
func (r *applyRun) suspects(i int) []string {
	var near, all []string
	for _, j := range r.order {
		if j == i || !r.steps[j].acted {
			continue
		}
		name := r.Resources[j].Addr.String()
		if at := r.Resources[j].Place(); at != "" {
			name += " (" + at + ")"
		}
		all = append(all, name)
		if related(r.Resources[i], r.Resources[j]) {
			near = append(near, name)
		}
	}
	if len(near) > 0 {
		all = near
	}
	if len(all) > 3 {
		all = append(all[:3:3], fmt.Sprintf("%d more", len(all)-3))
	}
	return all
}

// related reports whether two resources declare the same thing, or one declares
// something inside the other.
func related(a, b *resource.Resource) bool {
	for _, x := range a.Links().Provides {
		for _, y := range b.Links().Provides {
			if x == y || strings.HasPrefix(x, y+"/") || strings.HasPrefix(y, x+"/") {
				return true
			}
		}
	}
	return false
}
