package resources

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// declared is a resource, and its wanted value.
type declared[T any] struct {
	*resource.Resource
	want T
}

// memberships is the part of a wanted user or group that lists members of groups.
type memberships struct {
	Members resource.Opt[[]string] `attr:"members,set"`
	Groups  resource.Opt[[]string] `attr:"groups,set"`
}

// membershipContradictions finds users and groups whose memberships disagree:
// each apply of one would undo the other. "groups" of a user and "members" of a
// group are complete lists, unless "append" is set.
func membershipContradictions(rs []*resource.Resource) hcl.Diagnostics {
	groups := map[string]declared[GroupWant]{}
	var users []declared[UserWant]
	for _, r := range rs {
		if r.Off || r.Kind.Name != "group" && r.Kind.Name != "user" || r.WantsAbsent() {
			continue
		}
		switch in := resource.Part[memberships](r.Want); {
		case in.Members.Set:
			want := resource.Must[GroupWant](r.Want)
			groups[want.Name] = declared[GroupWant]{r, want}
		case in.Groups.Set:
			users = append(users, declared[UserWant]{r, resource.Must[UserWant](r.Want)})
		}
	}
	var diags hcl.Diagnostics
	for _, u := range users {
		diags = append(diags, compareMemberships(u, groups)...)
	}
	return diags
}

// compareMemberships compares the groups of a user with the members of the groups.
func compareMemberships(u declared[UserWant], groups map[string]declared[GroupWant]) hcl.Diagnostics {
	name, in := u.want.Name, u.want.Groups.Value
	var diags hcl.Diagnostics
	for _, g := range in {
		if r, ok := groups[g]; ok && !r.want.Append.Value && !slices.Contains(r.want.Members.Value, name) {
			diags = append(diags, contradiction(u.Resource, r.Resource, fmt.Sprintf("%s puts the user %q into the group %q, and %s names all members of it, without that user.",
				u.Addr, name, g, r.Addr), appendHint))
		}
	}
	if u.want.Append.Value {
		return diags
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		r := groups[g]
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
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Contradiction", Subject: at.Range.Ptr(),
		Detail: fmt.Sprintf("%s %s stands at %s:%d. Each would undo the other in every run; %s.",
			what, with.Addr, with.Range.Filename, with.Range.Start.Line, hint),
	}
}

// maskPlace are the attributes that decide whether a thing at a path is a mask.
type maskPlace struct {
	Place
	Target resource.Text `attr:"target"`
}

// maskContradictions finds masked units for which the manifest declares something else at the place of the mask: the
// mask is a link to /dev/null at the path of an administrator's unit file.
func maskContradictions(rs []*resource.Resource) hcl.Diagnostics {
	masks := map[string]*resource.Resource{}
	for _, r := range rs {
		if r.Off || r.Kind.Name != "service" {
			continue
		}
		if want := resource.Must[ServiceWant](r.Want); want.Masked.Value {
			masks["path:/etc/systemd/system/"+want.Name] = r
		}
	}
	if len(masks) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for _, r := range rs {
		service := masks[r.Key]
		if service == nil || r.Off {
			continue
		}
		there := resource.Part[maskPlace](r.Want)
		if !there.IsAbsent() && there.Target == "/dev/null" {
			continue
		}
		diags = append(diags, contradiction(service, r,
			fmt.Sprintf("%s is masked by a link to /dev/null at %q, and %s says something else of that path.", service.Addr, there.Path, r.Addr),
			"remove one of them (a mask needs no unit file)"))
	}
	return diags
}
