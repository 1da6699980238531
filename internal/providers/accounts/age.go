package accounts

import (
	"context"
	"strconv"

	"converge/internal/resource"
	"converge/resources"
)

// wholeAge requests everything about the age of a password.
func wholeAge() resources.PasswordAge {
	days := resource.Some[int64](0)
	return resources.PasswordAge{MinDays: days, MaxDays: days, WarnDays: days, InactiveDays: days}
}

// setAge changes the lifetime of a password, if it differs. The lock of a password stays.
func (u *Users) setAge(ctx context.Context, name string, want, have resources.PasswordAge) error {
	var args []string
	for _, d := range []struct {
		option     string
		want, have resource.Opt[int64]
	}{
		{"--mindays", want.MinDays, have.MinDays},
		{"--maxdays", want.MaxDays, have.MaxDays},
		{"--warndays", want.WarnDays, have.WarnDays},
		{"--inactive", want.InactiveDays, have.InactiveDays},
	} {
		if d.want.Set && d.want != d.have {
			args = append(args, d.option, strconv.FormatInt(d.want.Value, 10))
		}
	}
	if len(args) == 0 {
		return nil
	}
	return u.tools.run(ctx, "", "chage", append(args, name)...)
}
