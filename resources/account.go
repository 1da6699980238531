package resources

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// firstUserID is the lowest uid of people, the same in the login.defs of all distributions.
const firstUserID = 1000

// revertUser is Undo for users. It removes a home only if the manifest asks for that; a removed home is not kept.
func revertUser(p resource.Past, before, after UserWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs([]string{"create_home"})
	if len(us) > 0 && before.SSHWas.Set && !p.WasRemoved() {
		was := cty.StringVal(before.SSHWas.Value) // names the file: by now sshd may look elsewhere
		us[0].Want["ssh_was"], us[0].Made["ssh_was"] = was, was
	}
	if err != nil || len(us) == 0 {
		return us, err
	}
	u := &us[0]
	isKnown := after.Password.Set || p.IsHiddenAfter("password") // by its digest, unless an older version wrote the record
	if !isKnown {
		delete(u.Made, "password")
	}
	if v, ok := u.Want["password"]; ok {
		if u.Want["password"], err = hashOf(v); err != nil {
			return nil, err
		}
		if !p.WasRemoved() && !isKnown {
			u.Notes = append(u.Notes, "converge cannot tell whether its password was changed since")
		}
	}
	unite(u, "groups", after.Append.Value, before.Groups, after.Groups)
	if p.WasCreated() && after.Group.Set { // useradd made no group
		u.Want["remove_group"] = cty.False
	}
	switch {
	case p.WasCreated() && p.Purge:
		u.Want["remove_home"] = cty.True
	case p.WasCreated():
		u.Notes = append(u.Notes, "its home directory stays, if it has one (--purge removes it)")
	case p.WasRemoved():
		return revertRemovedUser(us, before, after)
	case u.Want["home"] != cty.NilVal && !before.MovesHome.Value:
		u.Want["create_home"] = cty.False // what was not moved is not moved back
	}
	return us, nil
}

// leftOfUser names the home that a run made with a user, which a rollback removes only with --purge, and the content
// of a home that a run removed, which is lost.
func leftOfUser(p resource.Past) []string {
	u, err := resource.Decode[UserWant](p.After)
	if err != nil || p.Also {
		return nil
	}
	if p.WasRemoved() {
		if u.RemoveHome.Value && !p.WasCreated() {
			return []string{"the content of the home directory and the mail of user " + u.Name}
		}
		return nil
	}
	if !p.WasCreated() || p.Purge || !u.CreatesHome() {
		return nil
	}
	home := "the home directory"
	if u.Home.Set {
		home = u.Home.Value
	}
	return []string{home + " of user " + u.Name + ", if that run made it"}
}

// revertRemovedUser makes the account again as it was, and the group of its name, if userdel has removed it, too.
func revertRemovedUser(us []resource.RevertTarget, before, after UserWant) ([]resource.RevertTarget, error) {
	u := &us[0]
	gone := after.RemoveHome.Value
	u.Want["create_home"] = cty.BoolVal(gone)
	if gone {
		u.Notes = append(u.Notes, "its home directory comes back as a new one: what lay in it is not kept")
	}
	if before.UID.Set && before.UID.Value < firstUserID {
		u.Want["system"] = cty.True
	}
	delete(u.Want, "gid")
	if name := before.Group.Value; before.GID.Set && name == before.Name && after.RemoveGroup.Or(true) {
		group := resource.EncodeAttrs(GroupWant{Name: name, GID: before.GID})
		made := resource.EncodeAttrs(GroupWant{Name: name, Ensure: resource.Some("absent")})
		return append([]resource.RevertTarget{{Kind: "group", Name: name, Want: group, Made: made}}, us...), nil
	}
	return us, nil
}

// revertGroup is Undo for groups.
func revertGroup(p resource.Past, before, after GroupWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) != 1 {
		return us, err
	}
	u := &us[0]
	switch {
	case p.WasCreated():
		// Users that the same run made, or made again, may have joined it.
		delete(u.Made, "members")
	case p.WasRemoved():
		if before.Members.Set {
			u.Want["append"] = cty.True // restored users join it themselves
		}
	default:
		unite(u, "members", after.Append.Value, before.Members, after.Members)
	}
	return us, nil
}

// unite completes a set of names to which the run only added.
func unite(u *resource.RevertTarget, attr string, appends bool, was, added resource.Opt[[]string]) {
	if _, ok := u.Made[attr]; !ok || !appends || !was.Set {
		return
	}
	if !added.Set { // it is secret, and so is the whole set
		delete(u.Made, attr)
		return
	}
	if names := slices.Concat(was.Value, added.Value); len(names) > 0 {
		u.Made[attr] = resource.EncodeAttrs(GroupWant{Members: resource.Some(names)})["members"]
	}
}

// hashOf is the hash of a password, which is kept like a content.
func hashOf(v cty.Value) (cty.Value, error) {
	b := resource.AsBlob(v)
	if b == nil {
		return v, nil
	}
	r, err := b.Open()
	if err != nil {
		return v, fmt.Errorf("cannot put its old password back: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return v, fmt.Errorf("cannot put its old password back: %w", err)
	}
	return cty.StringVal(string(text)), nil
}

// userGone is the key that every absent user provides.
const userGone = "gone:user"

// userMoved is the key of every user whose primary group is declared.
const userMoved = "moved:user"

func accountName(doc string) resource.Attr {
	return resource.Attr{Name: "name", Required: true, Check: checkAccount, Doc: doc}
}

// checkAccount checks what every useradd and groupadd demands; distributions are stricter, each in its own way.
func checkAccount(v cty.Value) error {
	s := v.AsString()
	switch {
	case s == "" || len(s) > 32:
		return errors.New("must have 1 to 32 characters")
	case isNumber(s):
		return errors.New("must not be a number")
	case strings.HasPrefix(s, "-") || strings.ContainsAny(s, ":,/ \t\r\n\x00"):
		return errors.New("must not start with - nor hold blanks or any of : , /")
	}
	return nil
}

func checkNames(v cty.Value) error {
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		if err := checkAccount(e); err != nil {
			return errors.New("must hold names, and " + strconv.Quote(e.AsString()) + " " + err.Error())
		}
	}
	return nil
}

// checkField prevents a value from becoming further fields or lines of passwd.
func checkField(v cty.Value) error {
	return require(!strings.ContainsAny(v.AsString(), ":\n\x00"), "must not contain a colon or more than one line")
}

// checkHome refuses a path that no line of /etc/passwd can hold.
func checkHome(v cty.Value) error {
	if err := checkPath(v); err != nil {
		return err
	}
	return checkField(v)
}

// checkID refuses the highest number, which means "no id" to the kernel.
func checkID(v cty.Value) error {
	return require(isWhole(v, 1<<32-2), "must be a whole number from 0 to 4294967294")
}

// isWhole reports whether a number is whole and from 0 to most.
func isWhole(v cty.Value, most int64) bool {
	n, accuracy := v.AsBigFloat().Int64()
	return accuracy == 0 && n >= 0 && n <= most
}

// require returns an error with that text unless ok.
func require(ok bool, text string) error {
	if ok {
		return nil
	}
	return errors.New(text)
}
