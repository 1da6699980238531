package accounts

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// never is the expiry of an account that does not expire.
const never = "never"

// userReader reads users from the user database.
type userReader struct {
	db     *userdb.DB
	logins Keys // nil: none can be managed
}

// read returns the wanted attributes of a user; nil if it does not exist.
func (r userReader) read(ctx context.Context, want resources.UserWant) (*resources.UserWant, error) {
	user, err := r.db.User(ctx, want.Name)
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
		group, err := r.namePrimary(ctx, user, want.Group.Value)
		if err != nil {
			return nil, err
		}
		have.Group = resource.Some(group)
	}
	if want.Groups.Set {
		groups, err := r.listGroups(ctx, want.Name, want.Groups.Value, want.Append.Value)
		if err != nil {
			return nil, err
		}
		have.Groups = resource.Some(groups)
	}
	if want.SSHKeys.Set && r.logins != nil {
		lines, err := r.logins.Read(ctx, want)
		if err != nil {
			return nil, err
		}
		have.SSHKeys = resource.Some(lines)
	}
	return have, r.addSecrets(want, have)
}

// namePrimary returns the user's group in the words of the manifest, if that names it
// (want is not empty).
func (r userReader) namePrimary(ctx context.Context, user userdb.User, want string) (string, error) {
	gid := strconv.FormatUint(uint64(user.GID), 10)
	g, err := userdb.Group{}, userdb.ErrUnknown
	if want != "" {
		g, err = r.db.Group(ctx, want)
	}
	switch {
	case err == nil && g.GID == user.GID, errors.Is(err, userdb.ErrUnknown) && want == gid:
		return want, nil
	case err != nil && !errors.Is(err, userdb.ErrUnknown):
		return "", err
	}
	g, err = r.db.GroupByID(ctx, user.GID)
	if errors.Is(err, userdb.ErrUnknown) {
		return gid, nil
	}
	return g.Name, err
}

// listGroups returns a user's groups: the local ones, and those wanted ones of a name service that have the user. No
// tool can remove the user from others.
func (r userReader) listGroups(ctx context.Context, name string, want []string, atLeast bool) ([]string, error) {
	all, err := r.db.MemberOf(name)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	for _, w := range want {
		in, err := r.isRemoteMember(ctx, name, w, names)
		if err != nil {
			return nil, err
		}
		if in {
			names = append(names, w)
		}
	}
	return chooseObserved(names, want, atLeast), nil
}

// isRemoteMember reports whether a group that is not among a user's local ones belongs to a name service, and has the
// user.
func (r userReader) isRemoteMember(ctx context.Context, user, group string, local []string) (bool, error) {
	if slices.Contains(local, group) {
		return false, nil
	}
	g, err := r.db.Group(ctx, group)
	if errors.Is(err, userdb.ErrUnknown) || err == nil && !g.Remote {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return r.db.IsMember(ctx, user, g)
}

// listLocalGroups returns the wanted supplementary groups that the tools accept.
func (r userReader) listLocalGroups(ctx context.Context, want []string) ([]string, error) {
	var out []string
	for _, name := range want {
		g, err := r.db.Group(ctx, name)
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
func (r userReader) addSecrets(want resources.UserWant, have *resources.UserWant) error {
	if !want.Password.Set && !want.Locked.Set && !want.Expires.Set && !want.PasswordAge.IsManaged() {
		return nil
	}
	s, err := r.db.Shadow(want.Name)
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
		have.Expires = resource.Some(formatExpiry(s.Expire))
	}
	for _, d := range []struct {
		want  resource.Opt[int64]
		have  *resource.Opt[int64]
		field string
	}{
		{want.MinDays, &have.MinDays, s.Min},
		{want.MaxDays, &have.MaxDays, s.Max},
		{want.WarnDays, &have.WarnDays, s.Warn},
		{want.InactiveDays, &have.InactiveDays, s.Inactive},
	} {
		if d.want.Set {
			*d.have = resource.Some(parseDays(d.field))
		}
	}
	return nil
}

// parseDays reads a number of days. Anything but a number is no limit, to the tools too.
func parseDays(field string) int64 {
	n, err := strconv.ParseInt(field, 10, 32)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// formatExpiry writes days since 1970 as a date. Anything but a number means never, to
// the tools too.
func formatExpiry(days string) string {
	n, err := strconv.ParseInt(days, 10, 32)
	if err != nil || n < 0 {
		return never
	}
	return time.Unix(n*24*60*60, 0).UTC().Format(time.DateOnly)
}

// chooseObserved returns an observed set; if only a part of it is wanted and present, it returns that part.
func chooseObserved(names, want []string, atLeast bool) []string {
	missing := slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(names, w) })
	if !atLeast || len(names) == 0 || missing {
		return names
	}
	return want
}

// isSameSet reports whether two lists hold the same names.
func isSameSet(a, b []string) bool { return slices.Equal(sortedSet(a), sortedSet(b)) }

func sortedSet(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
