package resources

import (
	"errors"
	"maps"
	"path"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// User is the kind of one user account. A provider of nil serves documentation
// and validation.
func User(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "user",
		Doc: "One user account of the local files (`/etc/passwd` and those beside it), made and changed with useradd, usermod and userdel. " +
			"What is not set is left as it is; of a new account, useradd's defaults decide. A user that comes from elsewhere, as from LDAP, " +
			"counts as existing, but cannot be changed.",
		Example:    "user \"app\" {\n  system = true\n  home   = \"/var/lib/app\"\n  shell  = \"/usr/sbin/nologin\"\n  groups = [\"adm\"]\n}\n",
		Label:      "name",
		Attrs:      userAttrs(),
		Prepare:    prepareUser,
		Contradict: membershipContradictions,
		Links:      userLinks,
		Moves:      movesUser,
		Revert:     revertUser,
		Provider:   p,
	}
}

func userAttrs() []resource.Attr {
	return []resource.Attr{
		accountName("The login name."),
		accountEnsure("user", "Removing leaves the home directory unless `remove_home` is set."),
		{Name: "uid", Type: cty.Number, Check: checkID, Doc: "User id. Changing it also changes the owner of what lies in the home directory, and of nothing else."},
		{Name: "group", Type: cty.String, Check: checkName, Doc: "Primary group, by name or number. Unset: a new user gets a group of its own name."},
		{Name: "groups", Type: cty.Set(cty.String), Check: checkNames, Doc: "Supplementary groups, by name: all of them, unless `append` is set."},
		{Name: "append", Type: cty.Bool, Option: true, Doc: "Keep the groups that the user is in already, and add `groups`."},
		{Name: "home", Type: cty.String, Check: checkPath, Doc: "Home directory."},
		{Name: "create_home", Type: cty.Bool, Option: true, Doc: "Make the home directory along with a new account, from `/etc/skel`, and move it when `home` changes. Unset: yes, but not for a `system` account."},
		{Name: "remove_home", Type: cty.Bool, Option: true, Doc: "With `ensure = \"absent\"`: remove the home directory and the mail spool as well."},
		{Name: "shell", Type: cty.String, Check: checkPath, Doc: "Login shell."},
		{Name: "comment", Type: cty.String, Check: checkField, Doc: "The comment (GECOS) field: the full name, usually."},
		{Name: "system", Type: cty.Bool, Option: true, Doc: "Give a new account a uid from the range for system accounts."},
		{Name: "password", Type: cty.String, Secret: true, Check: checkHash, Doc: "Hash of the password, as `mkpasswd` or `openssl passwd -6` writes it; `\"!\"` or `\"*\"`: none that could be typed."},
		{Name: "locked", Type: cty.Bool, Doc: "Whether the password is locked (a `!` before the hash). Other ways in, like SSH keys, stay open: see `expires`."},
		{Name: "expires", Type: cty.String, Check: checkExpires, Doc: "Day on which the account ends, `\"2027-01-31\"`, or `\"never\"`."},
	}
}

func prepareUser(in resource.Input) (map[string]cty.Value, error) {
	m := maps.Clone(in.Attrs)
	if v, ok := m["ensure"]; ok && v.AsString() == "absent" {
		return resource.PickAttrs(m, "name", "ensure", "remove_home"), nil
	}
	delete(m, "ensure") // being declared says so
	if _, ok := m["remove_home"]; ok {
		return nil, &resource.AttrError{Attr: "remove_home", Err: errors.New(`is of no use without ensure = "absent"`)}
	}
	if _, ok := m["groups"]; !ok {
		delete(m, "append")
	}
	if v, ok := m["password"]; ok {
		hash := TrimLock(v.AsString())
		if _, ok := m["locked"]; !ok && hash != v.AsString() {
			m["locked"] = cty.True
		}
		m["password"] = cty.StringVal(hash)
	}
	return m, nil
}

// TrimLock takes the sign of a locked password, which passwd(1) writes before
// its hash, away; the lock of an account that never had one is all there is.
func TrimLock(hash string) string {
	for len(hash) > 1 && hash[0] == '!' {
		hash = hash[1:]
	}
	return hash
}

// NoPassword is the hash of an account that never had a password.
const NoPassword = "!"

// movesUser reports whether a change gives names another number, or makes or
// moves a home directory, which may contain other things.
func movesUser(c resource.Change) bool {
	return c.Differs("uid") || c.Differs("home") || c.Action == resource.Create && CreatesHome(c.Want)
}

// CreatesHome reports whether a wanted user, when new, gets a home directory.
func CreatesHome(want cty.Value) bool {
	if resource.HasAttr(want, "create_home") {
		return resource.BoolAttr(want, "create_home")
	}
	return !resource.BoolAttr(want, "system")
}

func userLinks(want cty.Value) resource.Links {
	name := resource.StringAttr(want, "name")
	l := resource.Links{Provides: append([]string{"user:" + name}, byNumber("user:", want, "uid")...)}
	if resource.WantsAbsent(want) {
		l.Provides = append(l.Provides, userGone)
		return l
	}
	switch g := resource.StringAttr(want, "group"); {
	case g == "":
		l.Needs = append(l.Needs, resource.Need{Key: "group:" + name, Reason: "the group of its name becomes its primary one"})
	default:
		l.Needs = append(l.Needs, resource.Need{Key: "group:" + g, Reason: "that is its primary group"})
		l.Before = append(l.Before, userMoved)
	}
	for _, g := range resource.StringsAttr(want, "groups") {
		l.Needs = append(l.Needs, resource.Need{Key: "group:" + g, Reason: "it is a member of that group"})
	}
	if !CreatesHome(want) {
		return l
	}
	home := resource.StringAttr(want, "home")
	if home == "" {
		home = "/home/" + name // useradd's default nearly everywhere; it only makes an order
	}
	// The home itself may well be a directory that belongs to the user.
	if resource.HasAttr(want, "home") {
		l.Needs = append(l.Needs, pathNeeds(path.Dir(home), "its home lies in that directory")...)
	}
	l.Before = append(l.Before, "path:"+resource.CanonicalPath(home))
	return l
}

// byNumber returns the key of an account by its number, if the manifest declares
// it: other declarations may use the number as the name.
func byNumber(prefix string, want cty.Value, attr string) []string {
	n := resource.GetAttr(want, attr)
	if n == cty.NilVal {
		return nil
	}
	return []string{prefix + n.AsBigFloat().Text('f', 0)}
}

func checkHash(v cty.Value) error {
	s := v.AsString()
	switch {
	case s == "":
		return errors.New(`must not be empty: "!" is no password that could be typed`)
	case checkField(v) != nil:
		return checkField(v)
	case s[0] != '$' && s[0] != '!' && s[0] != '*' && s[0] != '_':
		return errors.New("must be a hash as mkpasswd writes it ($y$…, $6$…), and not the password itself")
	}
	return nil
}

func checkExpires(v cty.Value) error {
	if s := v.AsString(); s != "never" {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return errors.New(`must be a day like "2027-01-31", or "never"`)
		}
	}
	return nil
}
