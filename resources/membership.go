package resources

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// membershipContradictions finds users and groups whose memberships disagree:
// each apply of one would undo the other. "groups" of a user and "members" of a
// group are complete lists, unless "append" is set.
func membershipContradictions(rs []*resource.Resource) hcl.Diagnostics {
	groups := map[string]*resource.Resource{}
	var users []*resource.Resource
	for _, r := range rs {
		switch {
		case r.Off || resource.WantsAbsent(r.Want):
		case r.Kind.Name == "group" && resource.HasAttr(r.Want, "members"):
			groups[resource.StringAttr(r.Want, "name")] = r
		case r.Kind.Name == "user":
			users = append(users, r)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, u := range users {
		diags = append(diags, membershipsOf(u, groups)...)
	}
	return diags
}

// membershipsOf compares the groups of a user with the members of the groups.
func membershipsOf(u *resource.Resource, groups map[string]*resource.Resource) hcl.Diagnostics {
	if !resource.HasAttr(u.Want, "groups") {
		return nil
	}
	name, in := resource.StringAttr(u.Want, "name"), resource.StringsAttr(u.Want, "groups")
	var diags hcl.Diagnostics
	for _, g := range in {
		if r := groups[g]; r != nil && !resource.BoolAttr(r.Want, "append") && !slices.Contains(resource.StringsAttr(r.Want, "members"), name) {
			diags = append(diags, contradiction(u, r, fmt.Sprintf("%s puts the user %q into the group %q, and %s names all members of it, without that user.",
				u.Addr, name, g, r.Addr), appendHint))
		}
	}
	if resource.BoolAttr(u.Want, "append") {
		return diags
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		r := groups[g]
		if slices.Contains(resource.StringsAttr(r.Want, "members"), name) && !slices.Contains(in, g) && resource.StringAttr(u.Want, "group") != g {
			diags = append(diags, contradiction(u, r, fmt.Sprintf("%s makes the user %q a member of %q, and %s names all groups of that user, without this one.",
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
