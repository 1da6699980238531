package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
)

// differing names what a change would alter.
func differing(c resource.Change) string {
	if c.Empty() {
		return "it is as declared by now"
	}
	if len(c.Attrs) == 0 {
		return string(c.Action)
	}
	names := make([]string, len(c.Attrs))
	for i, a := range c.Attrs {
		names[i] = a.Name
	}
	return strings.Join(names, ", ")
}

// describeDifference describes how a resource differs from its declaration. It prefers
// the provider's words to the names of attributes.
func describeDifference(ctx context.Context, res *resource.Resource, c resource.Change) string {
	if why := review(context.WithoutCancel(ctx), res, c, resource.Outlook{Ask: resource.AskDifference}).Difference; why != "" {
		return why
	}
	return differing(c)
}

// removedBy are the paths that a change removes in addition to its own thing.
func removedBy(ctx context.Context, res *resource.Resource, c resource.Change) ([]string, error) {
	t, err := takenBy(ctx, res, c)
	return t.removes, err
}

// taken are the paths that a change removes in addition to its own thing, those that it moves away without removing
// them, and those that it hides.
type taken struct{ removes, leaves, hides []string }

func (t taken) isEmpty() bool { return len(t.removes)+len(t.leaves)+len(t.hides) == 0 }

func takenBy(ctx context.Context, res *resource.Resource, c resource.Change) (taken, error) {
	if c.Action != resource.Delete && c.Action != resource.Update && (c.Action != resource.Create || !res.Kind.Inherits) {
		return taken{}, nil
	}
	found := review(ctx, res, c, resource.Outlook{Ask: resource.AskRemoval})
	return taken{removes: found.Removes, leaves: found.Leaves}, found.Blocked
}

// isMissing reports whether a declared target of an action does not exist: a
// service with no managed attribute whose unit was removed or is misspelled.
func isMissing(ctx context.Context, res *resource.Resource) bool {
	return review(ctx, res, changeOf(res, resource.Run), resource.Outlook{Ask: resource.AskTarget}).Missing
}

// whyGone explains why an action cannot be delivered to an undeclared thing; "" if it can.
func whyGone(ctx context.Context, res *resource.Resource, verb string) (why string, err error) {
	if _, ok := res.Provider().(resource.Actor); !ok {
		return fmt.Sprintf("%s takes no actions", resource.WithArticle(res.Addr.Kind)), nil
	}
	if len(res.Secret) > 0 {
		return "it is not declared any more, and what was secret of it is not kept", nil
	}
	have, err := observe(ctx, res)
	if errors.Is(err, resource.ErrMissing) || err == nil && have.IsNull() {
		return notThere, nil
	}
	c := changeOf(res, resource.Run)
	c.Undeclared = true
	found := review(ctx, res, c, resource.Outlook{Ask: resource.AskTarget, Verb: verb})
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if found.Missing {
		return notThere, nil
	}
	return found.Defunct, nil // the action will report any other fault
}

// review asks the provider of a resource about a change of it. Without a reviewing provider the answer is empty.
func review(ctx context.Context, res *resource.Resource, c resource.Change, o resource.Outlook) resource.Review {
	p, ok := res.Provider().(resource.Reviewer)
	if !ok {
		return resource.Review{}
	}
	return p.Review(ctx, c, o)
}

// changeOf is an action of a resource, or its removal, as a change for a review.
func changeOf(res *resource.Resource, a resource.Action) resource.Change {
	return resource.Change{
		Addr: res.Addr, Kind: res.Kind, Key: res.Key, Secret: res.Secret,
		Action: a, Have: resource.Absent, Want: res.Want,
	}
}
