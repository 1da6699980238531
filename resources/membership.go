package resources

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// MembershipContradictions finds users and groups whose memberships disagree:
// each apply of one would undo the other. "groups" of a user and "members" of a
// group are complete lists, unless "append" is set.
func MembershipContradictions(rs []*Resource) hcl.Diagnostics {
	groups := map[string]*Resource{}
	var users []*Resource
	for _, r := range rs {
		switch {
		case r.Off || wantsAbsent(r.Want):
		case r.Kind.Name == "group" && HasAttr(r.Want, "members"):
			groups[StringAttr(r.Want, "name")] = r
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
func membershipsOf(u *Resource, groups map[string]*Resource) hcl.Diagnostics {
	if !HasAttr(u.Want, "groups") {
		return nil
	}
	name, in := StringAttr(u.Want, "name"), StringsAttr(u.Want, "groups")
	var diags hcl.Diagnostics
	for _, g := range in {
		if r := groups[g]; r != nil && !BoolAttr(r.Want, "append") && !slices.Contains(StringsAttr(r.Want, "members"), name) {
			diags = append(diags, contradiction(u, r, fmt.Sprintf("%s puts the user %q into the group %q, and %s names all members of it, without that user.",
				u.Addr, name, g, r.Addr), appendHint))
		}
	}
	if BoolAttr(u.Want, "append") {
		return diags
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		r := groups[g]
		if slices.Contains(StringsAttr(r.Want, "members"), name) && !slices.Contains(in, g) && StringAttr(u.Want, "group") != g {
			diags = append(diags, contradiction(u, r, fmt.Sprintf("%s makes the user %q a member of %q, and %s names all groups of that user, without this one.",
				r.Addr, name, g, u.Addr), appendHint))
		}
	}
	return diags
}

// appendHint is what to do about two lists that each name all.
const appendHint = "set append = true in the one that does not name all"

func contradiction(at, with *Resource, what, hint string) *hcl.Diagnostic {
	subject := at.Range
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: &subject,
		Detail: fmt.Sprintf("%s %s stands at %s:%d. Each would undo the other in every run; %s.",
			what, with.Addr, with.Range.Filename, with.Range.Start.Line, hint),
	}
}
