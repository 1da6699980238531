package accounts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// Users is the provider of the kind user.
type Users struct{ *Accounts }

// never is the expiry of an account that does not expire.
const never = "never"

// Observe implements [resource.Provider].
func (u *Users) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	return resource.ObserveTyped(ctx, want, func(ctx context.Context, want resources.UserWant) (*resources.UserWant, error) {
		return observeUser(ctx, u, want)
	})
}

func observeUser(ctx context.Context, u *Users, want resources.UserWant) (*resources.UserWant, error) {
	user, err := u.users.User(ctx, want.Name)
	if errors.Is(err, userdb.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &resources.UserWant{
		Name:    want.Name,
		UID:     resource.Some(int64(user.UID)),
		Home:    resource.Some(resource.EncodeText(user.Home)),
		Shell:   resource.Some(resource.EncodeText(user.Shell)),
		Comment: resource.Some(resource.EncodeText(user.Comment)),
	}
	if want.Group.Value != "" {
		group, err := u.primary(ctx, user, want.Group.Value)
		if err != nil {
			return nil, err
		}
		have.Group = resource.Some(group)
	}
	if want.Groups.Set {
		groups, err := u.groups(ctx, want.Name, want.Groups.Value, want.Append.Value)
		if err != nil {
			return nil, err
		}
		have.Groups = resource.Some(groups)
	}
	return have, u.addSecrets(want, have)
}

// primary is the user's group in the words of the manifest, if that names it
// (want is not empty).
func (u *Users) primary(ctx context.Context, user userdb.User, want string) (string, error) {
	gid := strconv.FormatUint(uint64(user.GID), 10)
	g, err := userdb.Group{}, userdb.ErrUnknown
	if want != "" {
		g, err = u.users.Group(ctx, want)
	}
	switch {
	case err == nil && g.GID == user.GID, errors.Is(err, userdb.ErrUnknown) && want == gid:
		return want, nil
	case err != nil && !errors.Is(err, userdb.ErrUnknown):
		return "", err
	}
	g, err = u.users.GroupByID(ctx, user.GID)
	if errors.Is(err, userdb.ErrUnknown) {
		return gid, nil
	}
	return g.Name, err
}

// groups are those of the local files, and of those that a name service has the
// wanted ones in which the user is: no tool can take the user out of the others.
func (u *Users) groups(ctx context.Context, name string, want []string, atLeast bool) ([]string, error) {
	all, err := u.users.MemberOf(name)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	for _, w := range want {
		in, err := u.isRemoteMember(ctx, name, w, names)
		if err != nil {
			return nil, err
		}
		if in {
			names = append(names, w)
		}
	}
	return observedSet(names, want, atLeast), nil
}

// isRemoteMember reports whether a group that is not among the local ones of a
// user comes from a name service, and has the user.
func (u *Users) isRemoteMember(ctx context.Context, user, group string, local []string) (bool, error) {
	if slices.Contains(local, group) {
		return false, nil
	}
	g, err := u.users.Group(ctx, group)
	if errors.Is(err, userdb.ErrUnknown) || err == nil && !g.Remote {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return u.users.IsMember(ctx, user, g)
}

// localGroups are those of the wanted supplementary groups that the tools can be
// given.
func (u *Users) localGroups(ctx context.Context, want []string) ([]string, error) {
	var out []string
	for _, name := range want {
		g, err := u.users.Group(ctx, name)
		if err != nil && !errors.Is(err, userdb.ErrUnknown) {
			return nil, err
		}
		if err != nil || !g.Remote { // what there is not, the tool says
			out = append(out, name)
		}
	}
	return out, nil
}

// addSecrets adds the attributes in shadow, which is read only if one is wanted.
func (u *Users) addSecrets(want resources.UserWant, have *resources.UserWant) error {
	if !want.Password.Set && !want.Locked.Set && !want.Expires.Set {
		return nil
	}
	s, err := u.users.Shadow(want.Name)
	if err != nil && !errors.Is(err, userdb.ErrUnknown) {
		return err
	}
	hash := s.Password
	if want.Locked.Set {
		have.Locked = resource.Some(strings.HasPrefix(hash, "!"))
	}
	if want.Password.Set {
		have.Password = resource.Some(resources.TrimLock(hash))
	}
	if want.Expires.Set {
		have.Expires = resource.Some(expiry(s.Expire))
	}
	return nil
}

// expiry writes days since 1970 as a date. Anything but a number means never, to
// the tools too.
func expiry(days string) string {
	n, err := strconv.ParseInt(days, 10, 32)
	if err != nil || n < 0 {
		return never
	}
	return time.Unix(n*24*60*60, 0).UTC().Format(time.DateOnly)
}

// Apply implements [resource.Provider].
func (u *Users) Apply(ctx context.Context, c resource.Change) error {
	want, err := resource.Decode[resources.UserWant](c.Want)
	if err != nil {
		return err
	}
	ctx, end, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	user, err := u.users.User(ctx, want.Name)
	what, err := decide(c, "user", "/etc/passwd", user.Remote, err)
	switch {
	case err != nil:
		return err
	case what == remove:
		return u.remove(ctx, user, want.RemoveHome.Value)
	case what == create:
		return u.create(ctx, want)
	case what == modify:
		return u.modify(ctx, user, want)
	}
	return nil
}

// observedSet is a set as seen; where only a part of it is asked for and
// there, it is that part.
func observedSet(names, want []string, atLeast bool) []string {
	if !atLeast || len(names) == 0 {
		return names
	}
	for _, w := range want {
		if !slices.Contains(names, w) {
			return names
		}
	}
	return want
}

// isSameSet reports whether two lists hold the same names.
func isSameSet(a, b []string) bool {
	sorted := func(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
	return slices.Equal(sorted(a), sorted(b))
}
