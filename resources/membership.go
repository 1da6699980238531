package resources

import (
	"slices"

	"converge/internal/resource"
)

// Membership is a user's declaration of its groups, or a group's declaration of its members.
type Membership struct {
	kind, name, primary  string
	names                []string
	set, appends, absent bool
}

// ReadMembership reads the membership of a resource; other kinds have none.
func ReadMembership(r *resource.Resource) Membership {
	switch {
	case r == nil || r.Kind == nil || r.Off || r.Audit:
	case r.Kind.Name == "user":
		w := resource.Must[UserWant](r.Want)
		return Membership{"user", w.Name, w.Group.Value, w.Groups.Value, w.Groups.Set, w.Append.Value, w.IsAbsent()}
	case r.Kind.Name == "group":
		w := resource.Must[GroupWant](r.Want)
		return Membership{"group", w.Name, "", w.Members.Value, w.Members.Set, w.Append.Value, w.IsAbsent()}
	}
	return Membership{}
}

// Account is the key of the user or the group; "": there is none.
func (m Membership) Account() string {
	if m.kind == "" {
		return ""
	}
	return m.kind + ":" + m.name
}

// Others are the keys of the groups that a user names, or of the users that a group names.
func (m Membership) Others() []string {
	kind := "user:"
	if m.kind == "user" {
		kind = "group:"
	}
	out := make([]string, len(m.names))
	for i, name := range m.names {
		out[i] = kind + name
	}
	return out
}

// Severs returns the group from which m removes a user, although the other one wants that user in it; ok reports
// whether there is one. One of the two concerns a user, the other one a group.
func (m Membership) Severs(other Membership) (group, user string, ok bool) {
	if m.kind == "" || m.kind == other.kind || m.appends || other.absent || !slices.Contains(other.names, m.name) {
		return "", "", false
	}
	ok = m.absent || m.set && m.primary != other.name && !slices.Contains(m.names, other.name)
	if m.kind == "group" {
		return m.name, other.name, ok
	}
	return other.name, m.name, ok
}
