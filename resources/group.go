package resources

import "converge/internal/resource"

// Group is the kind of one group. A provider of nil serves documentation and
// validation.
func Group(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "group",
		Doc: "One group of `/etc/group`. converge creates and changes it with groupadd, groupmod, gpasswd and groupdel. Attributes that are not set are left as they are. " +
			"A group from another source, such as LDAP, counts as existing, but cannot be changed. converge does not remove the primary group of a user. " +
			"Once nothing declares it, `--prune` removes a group that converge made, and puts back the number and the members of one that was there before, but for what was changed since. " +
			"With `--root`, the group is one of that tree; groupadd and its like of the machine on which converge runs change it, with `--root`.",
		Example: "group \"deploy\" {\n  members = [\"root\"]\n  append  = true\n}\n",
		Label:   "name",
		Attrs: resource.Typing[GroupWant]([]resource.Attr{
			accountName("The group's name."),
			ensureAttr("group", " Files of a removed group keep its number."),
			{Name: "gid", Check: checkID, Doc: "Group id. Changing it does not change the group of any file."},
			{Name: "members", Check: checkNames, Doc: "Users that have it as a supplementary group, by name: the complete list, unless `append` is set. A `user` sets its primary group itself."},
			{Name: "append", Option: true, Doc: "Keep the existing members, and add `members`."},
			{Name: "system", Option: true, Doc: "Give a new group a gid from the range for system accounts."},
		}),
		Prepare:    resource.Preparing(prepareGroup),
		Contradict: wholeContradictions("group", accountEdits, accountHolds),
		Links:      resource.Reading(groupLinks),
		Moves:      func(c resource.Change) bool { return c.Differs("gid") }, // names then mean another number
		Revert:     resource.Reverting(revertGroup),
		Restores:   true, RestoresAttrs: true,
		Provider: p,
	}
}

// GroupWant is the struct of the kind group.
type GroupWant struct {
	Name    string                 `attr:"name"`
	Ensure  resource.Opt[string]   `attr:"ensure"`
	GID     resource.Opt[int64]    `attr:"gid"`
	Members resource.Opt[[]string] `attr:"members,set"`
	Append  resource.Opt[bool]     `attr:"append"`
	System  resource.Opt[bool]     `attr:"system"`
}

// IsAbsent reports whether the group should not exist.
func (g *GroupWant) IsAbsent() bool { return g.Ensure.Value == "absent" }

func prepareGroup(_ resource.Input, g *GroupWant) error {
	if g.IsAbsent() {
		*g = GroupWant{Name: g.Name, Ensure: g.Ensure}
		return nil
	}
	g.Ensure = resource.Opt[string]{} // a declaration implies it
	if !g.Members.Set {
		g.Append = resource.Opt[bool]{}
	}
	return nil
}

func groupLinks(want GroupWant) resource.Links {
	l := resource.Links{Provides: append([]string{"group:" + want.Name}, byNumber("group:", want.GID)...)}
	if want.IsAbsent() {
		l.Needs = []resource.Need{
			{Key: userGone, Reason: "a group is removed after the users whose primary group it may be", Removal: true},
			{Key: userMoved, Reason: "a group is removed after users were given another one"},
		}
		return l
	}
	l.Writes = []string{"/etc/group", "/etc/gshadow"}
	for _, u := range want.Members.Value {
		addNeed(&l, "user:", u, "that user is a member")
		l.Guards = append(l.Guards, "user:"+u)
	}
	return l
}
