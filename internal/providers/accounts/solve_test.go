package accounts_test

import (
	"errors"
	"slices"
	"testing"

	"converge/internal/providers/accounts"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// A group may go when the users whose primary group it is go in the same run,
// though nothing declares any of them any more.
func TestForeseeGroupRemoval(t *testing.T) {
	a := open(t, newTree(t), accounts.Options{})
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "ann", "group", "crew"))
	resourcetest.Converge(t, build(t, resources.User, a.Users(), "name", "bob", "group", "crew"))
	for _, tt := range []struct {
		name    string
		going   []string
		refused string
	}{
		{"all of them go", []string{"ann", "bob"}, ""},
		{"one stays", []string{"ann"}, `cannot remove group "crew": it is the primary group of bob`},
		{"the other one stays", []string{"bob"}, `cannot remove group "crew": it is the primary group of ann`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var users []resource.Change
			for _, name := range tt.going {
				users = append(users, resourcetest.Plan(t, build(t, resources.User, a.Users(), "name", name, "ensure", "absent")))
			}
			group := resourcetest.Plan(t, build(t, resources.Group, a.Groups(), "name", "crew", "ensure", "absent"))
			_, err := a.Groups().Solve(t.Context(), []resource.Change{group}, slices.Values(users))
			var each resource.Unsolvable
			errors.As(err, &each)
			got := ""
			if why := each[group.Addr]; why != nil {
				got = why.Error()
			}
			if got != tt.refused {
				t.Errorf("got %q, want %q", got, tt.refused)
			}
		})
	}
}
