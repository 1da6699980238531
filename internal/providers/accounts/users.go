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
	name := resource.StringAttr(want, "name")
	user, err := u.users.User(ctx, name)
	if errors.Is(err, userdb.ErrUnknown) {
		return resource.Absent, nil
	}
	if err != nil {
		return cty.NilVal, err
	}
	have := map[string]cty.Value{
		"name":    cty.StringVal(name),
		"uid":     cty.NumberUIntVal(uint64(user.UID)),
		"home":    cty.StringVal(resource.EncodeText(user.Home)),
		"shell":   cty.StringVal(resource.EncodeText(user.Shell)),
		"comment": cty.StringVal(resource.EncodeText(user.Comment)),
	}
	if group := resource.StringAttr(want, "group"); group != "" {
		if have["group"], err = u.primary(ctx, user, group); err != nil {
			return cty.NilVal, err
		}
	}
	if groups := resource.GetAttr(want, "groups"); groups != cty.NilVal {
		if have["groups"], err = u.groups(ctx, name, groups, resource.BoolAttr(want, "append")); err != nil {
			return cty.NilVal, err
		}
	}
	if err := u.secrets(want, have); err != nil {
		return cty.NilVal, err
	}
	return cty.ObjectVal(have), nil
}

// primary is the user's group in the words of the manifest, if that names it
// (want is not empty).
func (u *Users) primary(ctx context.Context, user userdb.User, want string) (cty.Value, error) {
	gid := strconv.FormatUint(uint64(user.GID), 10)
	g, err := userdb.Group{}, userdb.ErrUnknown
	if want != "" {
		g, err = u.users.Group(ctx, want)
	}
	switch {
	case err == nil && g.GID == user.GID, errors.Is(err, userdb.ErrUnknown) && want == gid:
		return cty.StringVal(want), nil
	case err != nil && !errors.Is(err, userdb.ErrUnknown):
		return cty.NilVal, err
	}
	g, err = u.users.GroupByID(ctx, user.GID)
	if errors.Is(err, userdb.ErrUnknown) {
		return cty.StringVal(gid), nil
	}
	return cty.StringVal(g.Name), err
}

// groups are those of the local files, and of those that a name service has the
// wanted ones in which the user is: no tool can take the user out of the others.
func (u *Users) groups(ctx context.Context, name string, want cty.Value, atLeast bool) (cty.Value, error) {
	all, err := u.users.MemberOf(name)
	if err != nil {
		return cty.NilVal, err
	}
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	if want != cty.NilVal {
		for _, w := range want.AsValueSlice() {
			in, err := u.isRemoteMember(ctx, name, w.AsString(), names)
			if err != nil {
				return cty.NilVal, err
			}
			if in {
				names = append(names, w.AsString())
			}
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

// localGroups are the wanted supplementary groups that the tools can be given.
func (u *Users) localGroups(ctx context.Context, want cty.Value) ([]string, error) {
	var out []string
	for _, name := range resource.StringsAttr(want, "groups") {
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

// secrets adds the attributes in shadow, which is read only if one is wanted.
func (u *Users) secrets(want cty.Value, have map[string]cty.Value) error {
	pw, locked, expires := resource.HasAttr(want, "password"), resource.HasAttr(want, "locked"), resource.HasAttr(want, "expires")
	if !pw && !locked && !expires {
		return nil
	}
	s, err := u.users.Shadow(resource.StringAttr(want, "name"))
	if err != nil && !errors.Is(err, userdb.ErrUnknown) {
		return err
	}
	hash := s.Password
	if locked {
		have["locked"] = cty.BoolVal(strings.HasPrefix(hash, "!"))
	}
	if pw {
		have["password"] = cty.StringVal(resources.TrimLock(hash))
	}
	if expires {
		have["expires"] = cty.StringVal(expiry(s.Expire))
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
	ctx, end, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	user, err := u.users.User(ctx, resource.StringAttr(c.Want, "name"))
	what, err := decide(c, "user", "/etc/passwd", user.Remote, err)
	switch {
	case err != nil:
		return err
	case what == remove:
		return u.remove(ctx, user, resource.BoolAttr(c.Want, "remove_home"))
	case what == create:
		return u.create(ctx, c.Want)
	case what == modify:
		return u.modify(ctx, user, c.Want)
	}
	return nil
}

// observedSet is a set as seen; where only a part of it is asked for and
// there, it is that part.
func observedSet(names []string, want cty.Value, atLeast bool) cty.Value {
	if len(names) == 0 {
		return cty.SetValEmpty(cty.String)
	}
	vals := make([]cty.Value, len(names))
	for i, n := range names {
		vals[i] = cty.StringVal(n)
	}
	have := cty.SetVal(vals)
	if atLeast {
		for _, w := range want.AsValueSlice() {
			if !have.HasElement(w).True() {
				return have
			}
		}
		return want
	}
	return have
}
