package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// numbers holds the wanted numbers of one run with their users, and the numbers
// that users give up in it.
type numbers struct {
	attr   string
	of     func(v cty.Value) (uint32, bool) // the number that a value has
	wanted map[uint32]resource.Addr
	freed  map[uint32]bool
	moves  map[uint32]uint32 // old number → new number, of accounts that change
}

// sumNumbers sums the changes up.
func sumNumbers(attr string, of func(v cty.Value) (uint32, bool), cs []resource.Change) numbers {
	n := numbers{attr: attr, of: of, wanted: map[uint32]resource.Addr{}, freed: map[uint32]bool{}, moves: map[uint32]uint32{}}
	for _, c := range cs {
		if have, ok := of(c.Have); ok && (resource.WantsAbsent(c.Want) || c.Differs(attr)) {
			n.freed[have] = true
			if want, ok := of(c.Want); ok && !resource.WantsAbsent(c.Want) {
				n.moves[have] = want
			}
		}
	}
	return n
}

// claim refuses a number that an earlier change already wants.
func (n numbers) claim(c resource.Change) error {
	want, ok := n.of(c.Want)
	if !ok || resource.WantsAbsent(c.Want) {
		return nil
	}
	if other, taken := n.wanted[want]; taken {
		return resource.Certain(fmt.Errorf("%s %d is wanted by %s too", n.attr, want, other))
	}
	n.wanted[want] = c.Addr
	return nil
}

// refuseCircle refuses a number that becomes free only after the change itself: the
// tools cannot exchange numbers.
func (n numbers) refuseCircle(c resource.Change, owner string) error {
	have, ok := n.of(c.Have)
	want, wok := n.of(c.Want)
	if !ok || !wok || !c.Differs(n.attr) {
		return nil
	}
	next := want
	for range n.moves {
		if next, ok = n.moves[next]; !ok {
			return nil
		}
		if next == have {
			return resource.Certain(fmt.Errorf("%s %d belongs to %q, which waits for %s %d in turn: give one of them a number that is free in a run before", n.attr, want, owner, n.attr, have))
		}
	}
	return nil
}

// uidOf is the number of a user; ok is false if the value has none. The kind checks
// its range.
func uidOf(v cty.Value) (uid uint32, ok bool) {
	id := resource.Must[resources.UserWant](v).UID
	return uint32(id.Value), id.Set //nolint:gosec // see above
}

// gidOf is [uidOf] for groups.
func gidOf(v cty.Value) (gid uint32, ok bool) {
	id := resource.Must[resources.GroupWant](v).GID
	return uint32(id.Value), id.Set //nolint:gosec // see above
}

// solveEach asks foresee of every change, and returns a solver's forecast.
func solveEach(cs []resource.Change, foresee func(c resource.Change) error) (resource.Forecast, error) {
	f, bad := resource.Forecast{Changes: cs}, resource.Unsolvable{}
	for _, c := range cs {
		if err := foresee(c); err != nil {
			bad[c.Addr] = err
		}
	}
	return f, bad.OrNil()
}

// applyAll makes changes one after the other. A change that waits for another, such as one that needs a number that the
// other gives up, follows it.
func applyAll(ctx context.Context, cs []resource.Change, free func(c resource.Change) bool, apply func(ctx context.Context, c resource.Change) error) resource.Outcome {
	errs := make([]error, len(cs))
	var left []int
	for i := range cs {
		left = append(left, i)
	}
	for len(left) > 0 {
		waiting := slices.DeleteFunc(slices.Clone(left), func(i int) bool {
			is := free(cs[i])
			if is {
				errs[i] = apply(ctx, cs[i])
			}
			return is
		})
		if len(waiting) == len(left) { // they wait for each other, or for a failed one: the tool reports it
			free = func(resource.Change) bool { return true }
		}
		left = waiting
	}
	return resource.Outcome{Errs: errs}
}
