package accounts

import (
	"errors"
	"fmt"
	"io/fs"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// shadowFile contains passwords and their ageing. Without it the tools write a password where everyone can read it, or
// fail.
const shadowFile = "/etc/shadow"

// findShadowed returns the attribute of a change that the tools can only write into /etc/shadow; "" if there is none.
// The attributes of have are unset if the user is new.
func findShadowed(want, have resources.UserWant) string {
	switch {
	case want.Password.Set && want.Password != have.Password:
		return "password"
	case want.Locked.Set && want.Locked != have.Locked && (have.Locked.Set || want.Locked.Value):
		return "locked"
	case want.Expires.Set && want.Expires != have.Expires:
		return "expires"
	}
	for _, d := range []struct {
		name       string
		want, have resource.Opt[int64]
	}{
		{"min_days", want.MinDays, have.MinDays},
		{"max_days", want.MaxDays, have.MaxDays},
		{"warn_days", want.WarnDays, have.WarnDays},
		{"inactive_days", want.InactiveDays, have.InactiveDays},
	} {
		if d.want.Set && d.want.Value != d.have.Or(-1) {
			return d.name
		}
	}
	return ""
}

// refuseUnshadowed refuses a change that needs /etc/shadow, or the user's line in it, where that does not exist.
func refuseUnshadowed(a *Accounts, want, have resources.UserWant, isNew bool) error {
	attr := findShadowed(want, have)
	if attr == "" {
		return nil
	}
	if _, err := a.fs.Lstat(shadowFile); errors.Is(err, fs.ErrNotExist) {
		err := fmt.Errorf("cannot set %s of user %q: there is no %s", attr, want.Name, shadowFile)
		return resource.Lacking(err, "path:"+shadowFile, "pwconv makes it")
	}
	if attr != "locked" || isNew { // the tools add the line for any other
		return nil
	}
	if _, err := a.users.Shadow(want.Name); errors.Is(err, userdb.ErrUnknown) {
		return fmt.Errorf("cannot lock user %q: it has no line in %s; pwconv makes it", want.Name, shadowFile)
	}
	return nil
}

// refuseOpenUser refuses a new user that is to be unlocked and gets no password: useradd locks it.
func refuseOpenUser(u *Accounts, want resources.UserWant) error {
	_, err := u.fs.Lstat(shadowFile)
	if err == nil && want.Locked.Set && !want.Locked.Value && !want.Password.Set {
		return resource.Certain(fmt.Errorf("cannot unlock user %q: it has no password; declare one, or leave locked out", want.Name))
	}
	return nil
}
