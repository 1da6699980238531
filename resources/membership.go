package resources

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// memberships are the resources that declare who is in which group.
type memberships struct {
	groups map[string]declaredGroup
	users  []declaredUser
}

type (
	declaredGroup struct {
		*resource.Resource
		want GroupWant
	}
	declaredUser struct {
		*resource.Resource
		want UserWant
	}
)

// membershipContradictions finds users and groups whose memberships disagree:
// each apply of one would undo the other. "groups" of a user and "members" of a
// group are complete lists, unless "append" is set.
func membershipContradictions(rs []*resource.Resource) hcl.Diagnostics {
	m := memberships{groups: map[string]declaredGroup{}}
	for _, r := range rs {
		switch {
		case r.Off || resource.WantsAbsent(r.Want):
		case r.Kind.Name == "group":
			if want := resource.Must[GroupWant](r.Want); want.Members.Set {
				m.groups[want.Name] = declaredGroup{r, want}
			}
		case r.Kind.Name == "user":
			if want := resource.Must[UserWant](r.Want); want.Groups.Set {
				m.users = append(m.users, declaredUser{r, want})
			}
		}
	}
	if len(m.groups) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, u := range m.users {
		diags = append(diags, m.compareUser(u)...)
	}
	return diags
}

// compareUser compares the groups of a user with the members of the groups.
func (m *memberships) compareUser(u declaredUser) hcl.Diagnostics {
	name, in := u.want.Name, u.want.Groups.Value
	var diags hcl.Diagnostics
	for _, g := range in {
		if r, ok := m.groups[g]; ok && !r.want.Append.Value && !slices.Contains(r.want.Members.Value, name) {
			diags = append(diags, contradiction(u.Resource, r.Resource, fmt.Sprintf("%s puts the user %q into the group %q, and %s names all members of it, without that user.",
				u.Addr, name, g, r.Addr), appendHint))
		}
	}
	if u.want.Append.Value {
		return diags
	}
	for _, g := range slices.Sorted(maps.Keys(m.groups)) {
		r := m.groups[g]
		if slices.Contains(r.want.Members.Value, name) && !slices.Contains(in, g) && u.want.Group.Value != g {
			diags = append(diags, contradiction(u.Resource, r.Resource, fmt.Sprintf("%s makes the user %q a member of %q, and %s names all groups of that user, without this one.",
				r.Addr, name, g, u.Addr), appendHint))
		}
	}
	return diags
}

// appendHint is what to do about two lists that each name all.
const appendHint = "set append = true in the one that does not name all"

func contradiction(at, with *resource.Resource, what, hint string) *hcl.Diagnostic {
	subject := at.Range
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: &subject,
		Detail: fmt.Sprintf("%s %s stands at %s:%d. Each would undo the other in every run; %s.",
			what, with.Addr, with.Range.Filename, with.Range.Start.Line, hint),
	}
}
