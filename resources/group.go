package resources

import (
	"maps"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Group is the kind of one group. A provider of nil serves documentation and
// validation.
func Group(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "group",
		Doc: "One group of `/etc/group`, made and changed with groupadd, groupmod, gpasswd and groupdel. What is not set is left as it is. " +
			"A group that comes from elsewhere, as from LDAP, counts as existing, but cannot be changed. The primary group of a user is not removed.",
		Example: "group \"deploy\" {\n  members = [\"root\"]\n  append  = true\n}\n",
		Label:   "name",
		Attrs: []resource.Attr{
			accountName("The group's name."),
			accountEnsure("group", "Files that belong to a removed group keep its number."),
			{Name: "gid", Type: cty.Number, Check: checkID, Doc: "Group id. Changing it does not change the group of any file."},
			{Name: "members", Type: cty.Set(cty.String), Check: checkNames, Doc: "Users whose supplementary group it is, by name: all of them, unless `append` is set. Whose primary group it is is said by the `user`."},
			{Name: "append", Type: cty.Bool, Option: true, Doc: "Keep the members that it has already, and add `members`."},
			{Name: "system", Type: cty.Bool, Option: true, Doc: "Give a new group a gid from the range for system accounts."},
		},
		Prepare:  prepareGroup,
		Links:    groupLinks,
		Moves:    func(c resource.Change) bool { return c.Differs("gid") }, // names mean another number then
		Revert:   revertGroup,
		Provider: p,
	}
}

func prepareGroup(in resource.Input) (map[string]cty.Value, error) {
	m := maps.Clone(in.Attrs)
	if v, ok := m["ensure"]; ok && v.AsString() == "absent" {
		return resource.PickAttrs(m, "name", "ensure"), nil
	}
	delete(m, "ensure") // being declared says so
	if _, ok := m["members"]; !ok {
		delete(m, "append")
	}
	return m, nil
}

func groupLinks(want cty.Value) resource.Links {
	l := resource.Links{Provides: append([]string{"group:" + resource.StringAttr(want, "name")}, byNumber("group:", want, "gid")...)}
	if resource.WantsAbsent(want) {
		l.Needs = []resource.Need{
			{Key: userGone, Reason: "a group is removed after the users whose primary group it may be"},
			{Key: userMoved, Reason: "a group is removed after users were given another one"},
		}
		return l
	}
	for _, u := range resource.StringsAttr(want, "members") {
		l.Needs = append(l.Needs, resource.Need{Key: "user:" + u, Reason: "that user is a member"})
	}
	return l
}
