package resources

import (
	"cmp"
	"math/big"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// User is the kind of one user account. A provider of nil serves documentation
// and validation.
func User(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "user",
		Doc: "One user account of the local files (`/etc/passwd` and those beside it). converge creates and changes it with useradd, usermod and userdel. " +
			"Attributes that are not set are left as they are; a new account gets useradd's defaults. A user from another source, such as LDAP, " +
			"counts as existing, but cannot be changed. " +
			"A file that is declared as a whole (`/etc/passwd`, `/etc/shadow`, `/etc/group`) has to have the account as it is declared, or the two contradict each other. " +
			"With `--root`, the account is one of that tree; useradd and its like of the machine on which converge runs change it, with `--root`.\n\n" +
			"Once nothing declares it, `--prune` removes an account that converge made. Of one that was there before, it puts back what converge has set (shell, groups, " +
			"home, password, ageing, keys), but for what was changed since. It does not bring back an account that was declared absent.",
		Example:    "user \"app\" {\n  system = true\n  home   = \"/var/lib/app\"\n  shell  = \"/usr/sbin/nologin\"\n  groups = [\"adm\"]\n}\n",
		Label:      "name",
		Attrs:      userAttrs(),
		Prepare:    resource.Preparing(prepareUser),
		Contradict: joinContradictions(userContradictions, wholeContradictions("user", accountEdits, accountHolds)),
		Links:      resource.Reading(userLinks),
		Moves:      movesUser,
		Inherits:   true,
		Asks:       resource.Reading(func(u UserWant) bool { return u.SSHKeys.Set }), // sshd_config
		Revert:     resource.Reverting(revertUser),
		Leaves:     leftOfUser,
		Restores:   true, RestoresAttrs: true, RecordAttr: "ssh_was", RecordOf: "ssh_keys",
		JoinRecords: joinKeyPasts,
		BareRecord:  barePartPast,
		Provider:    p,
	}
}

// UserWant is the struct of the kind user.
type UserWant struct {
	Name     string                 `attr:"name"`
	Ensure   resource.Opt[string]   `attr:"ensure"`
	UID      resource.Opt[int64]    `attr:"uid"`
	Group    resource.Opt[string]   `attr:"group"`
	Groups   resource.Opt[[]string] `attr:"groups,set"`
	Append   resource.Opt[bool]     `attr:"append"`
	Home     resource.Opt[string]   `attr:"home"`
	Shell    resource.Opt[string]   `attr:"shell"`
	Comment  resource.Opt[string]   `attr:"comment"`
	Password resource.Opt[string]   `attr:"password"`
	Locked   resource.Opt[bool]     `attr:"locked"`
	Expires  resource.Opt[string]   `attr:"expires"`
	PasswordAge
	SSHKeys resource.Opt[[]string] `attr:"ssh_keys,set"` // lines of authorized_keys
	SSHWas  resource.Opt[string]   `attr:"ssh_was"`      // a [PartPast] of them

	CreateHome  resource.Opt[bool] `attr:"create_home"`
	MovesHome   resource.Opt[bool] `attr:"moves_home,recorded"` // the change of home moves its contents
	RemoveHome  resource.Opt[bool] `attr:"remove_home"`
	RemoveGroup resource.Opt[bool] `attr:"remove_group"`
	System      resource.Opt[bool] `attr:"system"`

	GID resource.Opt[int64] `attr:"gid,recorded"` // number of the primary group
}

// PasswordAge are the attributes of a user that limit the lifetime of a password. -1 means no limit.
type PasswordAge struct {
	MinDays      resource.Opt[int64] `attr:"min_days"`
	MaxDays      resource.Opt[int64] `attr:"max_days"`
	WarnDays     resource.Opt[int64] `attr:"warn_days"`
	InactiveDays resource.Opt[int64] `attr:"inactive_days"`
}

// IsManaged reports whether any of them is set.
func (p PasswordAge) IsManaged() bool {
	return p.MinDays.Set || p.MaxDays.Set || p.WarnDays.Set || p.InactiveDays.Set
}

// IsAbsent reports whether the user should not exist.
func (u *UserWant) IsAbsent() bool { return u.Ensure.Value == "absent" }

// CreatesHome reports whether the user, when new, gets a home directory.
func (u *UserWant) CreatesHome() bool { return u.CreateHome.Or(!u.System.Value) }

func userAttrs() []resource.Attr {
	return resource.Typing[UserWant]([]resource.Attr{
		accountName("The login name."),
		ensureAttr("user", " A removal keeps the home directory unless `remove_home` is set. "+
			"userdel also removes the group of the same name, unless it is declared or has other members."),
		{Name: "uid", Check: checkID, Doc: "User id. A change of it also changes the owner of the files in the home directory, and of no other files."},
		{Name: "group", Check: checkName, Doc: "Primary group, by name or number. Unset: a new user gets a group of the same name."},
		{Name: "groups", Check: checkNames, Doc: "Supplementary groups, by name: the complete list, unless `append` is set."},
		{Name: "append", Option: true, Doc: "Keep the user's existing groups, and add `groups`."},
		{Name: "home", Check: checkHome, Doc: "Home directory."},
		{Name: "create_home", Option: true, Doc: "Create the home directory of a new account from `/etc/skel`, and move it when `home` changes. Unset: yes, but not for a `system` account."},
		{Name: "remove_home", Option: true, Doc: "With `ensure = \"absent\"`: remove the home directory and the mail spool as well. Refused if the directory belongs to somebody else, or if the home of another user or a mount point lies in it."},
		{Name: "remove_group", Option: true, Computed: true, Internal: true, Doc: "With `ensure = \"absent\"`, in a rollback: `false` keeps the group of the same name, which was there before the user."},
		{Name: "shell", Check: checkPath, Doc: "Login shell."},
		{Name: "comment", Check: checkField, Doc: "The comment (GECOS) field, usually the full name."},
		{Name: "system", Option: true, Doc: "Give a new account a uid from the range for system accounts."},
		{Name: "password", Secret: true, Check: checkHash, Doc: "Hash of the password, as `mkpasswd` or `openssl passwd -6` prints it; `\"!\"` or `\"*\"`: no password matches."},
		{Name: "locked", Doc: "Whether the password is locked (a `!` before the hash). Other ways to log in, such as SSH keys, still work: see `expires`."},
		{Name: "expires", Check: checkExpires, Doc: "Day on which the account expires, `\"2027-01-31\"`, or `\"never\"`."},
		{Name: "min_days", Check: checkDays, Doc: "Days that must pass before a password can be changed again. `-1`: no limit."},
		{Name: "max_days", Check: checkDays, Doc: "Days after which a password must be changed. `-1`: never. A new account gets this, `min_days` and `warn_days` from `/etc/login.defs`, which changes no existing one."},
		{Name: "warn_days", Check: checkDays, Doc: "Days before that from which on the user is warned. `-1`: not at all."},
		{Name: "ssh_keys", Check: checkSSHKeys, Doc: sshKeysDoc},
		{Name: "ssh_was", Option: true, Computed: true, Internal: true, SecretIf: []string{"ssh_keys"}, Doc: "What the file of keys was before, for a rollback."},
		{Name: "inactive_days", Check: checkDays, Doc: "Days after it for which a password that was not changed can still be used to set a new one. `-1`: without end."},
	})
}

func prepareUser(_ resource.Input, u *UserWant) error {
	if u.IsAbsent() {
		*u = UserWant{Name: u.Name, Ensure: u.Ensure, RemoveHome: u.RemoveHome, RemoveGroup: u.RemoveGroup}
		return nil
	}
	u.Ensure = resource.Opt[string]{} // a declaration implies it
	// false is valid: remove_home = each.value.gone
	if u.RemoveHome.Value {
		return attrError("remove_home", `is of no use without ensure = "absent"`)
	}
	u.RemoveHome = resource.Opt[bool]{}
	if !u.Groups.Set {
		u.Append = resource.Opt[bool]{}
	}
	if u.Password.Set {
		hash := TrimLock(u.Password.Value)
		if !u.Locked.Set && hash != u.Password.Value {
			u.Locked = resource.Some(true)
		}
		u.Password.Value = hash
	}
	u.SSHKeys = normalSSHKeys(u.SSHKeys)
	return nil
}

// TrimLock removes the sign of a locked password, which passwd(1) writes before its hash; the hash of an account that
// never had one consists of the lock alone.
func TrimLock(hash string) string {
	for len(hash) > 1 && hash[0] == '!' {
		hash = hash[1:]
	}
	return hash
}

// NoPassword is the hash of an account that never had a password.
const NoPassword = "!"

// movesUser reports whether a change gives names another number, or makes or moves a home directory, which may contain
// other things.
func movesUser(c resource.Change) bool {
	if c.Differs("uid") || c.Differs("home") {
		return true
	}
	want := resource.Must[UserWant](c.Want)
	return c.Action == resource.Create && want.CreatesHome()
}

func userLinks(want UserWant) resource.Links {
	l := resource.Links{Provides: append([]string{"user:" + want.Name}, byNumber("user:", want.UID)...)}
	if want.IsAbsent() {
		l.Provides, l.RemovesOwner = append(l.Provides, userGone), true
		return l
	}
	l.Writes = []string{"/etc/passwd", "/etc/shadow"}
	if want.SSHKeys.Set {
		needKeysPlace(&l, want.Name, true)
		l.Needs = append(l.Needs, needsOfPast(want)...)
	}
	if g := want.Group.Value; g != "" {
		addNeed(&l, "group:", g, "that is its primary group")
		l.Before = append(l.Before, userMoved)
	} else {
		addNeed(&l, "group:", want.Name, "the group of its name becomes its primary one")
	}
	for _, g := range want.Groups.Value {
		addNeed(&l, "group:", g, "it is a member of that group")
		l.Guards = append(l.Guards, "group:"+g)
	}
	if !want.CreatesHome() {
		return l
	}
	home := cmp.Or(want.Home.Value, "/home/"+want.Name) // useradd's default nearly everywhere; it only determines an order
	// The home itself may well be a directory that belongs to the user.
	if want.Home.Set {
		l.Needs = append(l.Needs, pathNeeds(path.Dir(home), "its home lies in that directory")...)
	}
	l.Before = append(l.Before, "path:"+resource.CanonicalPath(home))
	l.Folders = []string{resource.CanonicalPath(home)}
	l.Writes = append(l.Writes, resource.CanonicalPath(home)+"/")
	return l
}

// byNumber returns the key of an account by its number, if the manifest declares it: other declarations may use the
// number as the name.
func byNumber(prefix string, id resource.Opt[int64]) []string {
	if !id.Set {
		return nil
	}
	return []string{prefix + strconv.FormatInt(id.Value, 10)}
}

func checkHash(v cty.Value) error {
	s := v.AsString()
	switch {
	case s == "":
		return resource.FormError(`must not be empty: "!" is no password that could be typed`)
	case strings.Contains(s, ":$") || strings.Contains(s, ":!") || strings.Contains(s, ":*"):
		return resource.FormError("must be the hash alone: USER:HASH is a line of chpasswd or of /etc/shadow, and the name of the user is that of the block")
	case strings.Contains(s, ":") && s[0] != '$':
		return resource.FormError("must be a hash as mkpasswd writes it ($y$…, $6$…), not USER:PASSWORD as chpasswd takes it; `openssl passwd -6` prints one, and the name of the user is that of the block")
	case checkField(v) != nil:
		return resource.FormError(checkField(v).Error())
	case s[0] != '$' && s[0] != '!' && s[0] != '*' && s[0] != '_':
		return resource.FormError("must be a hash as mkpasswd writes it ($y$…, $6$…), and not the password itself; `openssl passwd -6` prints one, and \"!\" or \"*\" is one that no password matches")
	}
	return nil
}

func checkDays(v cty.Value) error {
	none := v.AsBigFloat().Cmp(big.NewFloat(-1)) == 0
	return require(none || isWhole(v, 1<<31-1), "must be a whole number of days, or -1 for no limit")
}

func checkExpires(v cty.Value) error {
	_, err := time.Parse(time.DateOnly, v.AsString())
	return require(err == nil || v.AsString() == "never", `must be a day like "2027-01-31", or "never"`)
}
