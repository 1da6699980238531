package resources

import (
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// accessAttrs are [partAttrs] of a part whose file may be given by a user.
func accessAttrs(what, pathDoc, userDoc string, secretIf []string, own ...resource.Attr) []resource.Attr {
	user := resource.Attr{Name: "user", Option: true, Wording: true, Public: true, Check: checkAccount, Doc: userDoc}
	attrs := partAttrs(what, secretIf, append([]resource.Attr{user}, own...)...)
	for i := range attrs {
		switch a := &attrs[i]; a.Name {
		case "path":
			a.Required, a.Doc = false, pathDoc
		case "create":
			a.Computed, a.Doc = true, "A missing file is made: in the home of `user` it belongs to that user, with mode 0600, and so does its folder, with mode 0700. Elsewhere it belongs to the user that the folder belongs to, with mode 0600, or to root with mode 0644."
		}
	}
	return attrs
}

// prepareAccess normalizes the place of a part whose file is always made.
func (p *PartPlace) prepareAccess(kind string) {
	if unset := p.Path == ""; unset {
		p.preparePlace(kind)
		p.Path = ""
	} else {
		p.preparePlace(kind)
	}
	p.Create = resource.Opt[bool]{}
	if !p.IsAbsent() {
		p.Create = resource.Some(true)
	}
}

// accessID distinguishes a part from others of the same file.
func (p *Part) accessID() string {
	if p.Part == PartKnownHost {
		return knownHostID + resource.DecodeBytes(p.Host)
	}
	w := AuthorizedKeyWant{PartPlace: p.PartPlace, Key: p.Key, KeyOptions: p.KeyOptions}
	return w.id()
}

// Prefixes of keys: "authorized_keys:USER#ID" and "known_hosts:USER#ID" are the keys of parts whose file only the
// machine knows. "home:USER" and "home:USER/.ssh" are those of folders on the way, and "authorized_keys:USER" is that
// of the folder of the file of keys.
const (
	userKeysKey  = "authorized_keys:"
	userHostsKey = "known_hosts:"
	homeKey      = "home:"
)

// UserFileKey is a parsed key of that form.
type UserFileKey struct {
	User  string
	Hosts bool   // the file of known hosts, not that of keys
	ID    string // of the part; "": the folder or file itself is meant
	Path  string // below the home
	Keys  bool   // the key is that of the folder of the file of keys
}

// CutUserFileKey parses a key; ok is false if it has another form.
func CutUserFileKey(key string) (k UserFileKey, ok bool) {
	if rest, ok := strings.CutPrefix(key, homeKey); ok {
		k.User, k.Path, _ = strings.Cut(rest, "/")
		return k, k.User != ""
	}
	rest, ok := strings.CutPrefix(key, userKeysKey)
	if !ok {
		if rest, ok = strings.CutPrefix(key, userHostsKey); !ok {
			return k, false
		}
		k.Hosts = true
	}
	k.User, k.ID, _ = strings.Cut(rest, "#")
	k.Keys = k.ID == "" && !k.Hosts
	return k, k.User != ""
}

// accessNamed is [partNamed] for parts whose file may be given by a user only.
func accessNamed(parse func(id string) map[string]cty.Value) func(key string) map[string]cty.Value {
	return func(key string) map[string]cty.Value {
		k, ok := CutUserFileKey(key)
		if !ok {
			return partNamed(parse)(key)
		}
		m := parse(k.ID)
		m["user"] = cty.StringVal(k.User)
		return m
	}
}

// accessLinks returns the keys of a part whose file may be given by a user.
func accessLinks(place PartPlace, user, prefix, id string) resource.Links {
	var l resource.Links
	if place.Path != "" {
		l = partLinks(place, id)
	} else {
		l = userFileLinks(place, user, prefix, id)
	}
	addNeed(&l, "user:", user, "the file belongs to that user")
	return l
}

// userFileLinks are [partLinks] of a file whose path only the machine knows. For users that do not exist yet, the
// usual place of homes determines the order.
func userFileLinks(place PartPlace, user, prefix, id string) resource.Links {
	usual := place
	usual.Path = resource.Text(path.Join("/home", user, ".ssh/authorized_keys"))
	if user == "root" {
		usual.Path = "/root/.ssh/authorized_keys"
	}
	if prefix == userHostsKey {
		usual.Path = resource.Text(path.Dir(string(usual.Path)) + "/known_hosts")
	}
	l := partLinks(usual, id)
	l.Provides[0] = prefix + user + "#" + id
	l.Shares = nil
	why := "its file lies in that directory"
	addNeed(&l, homeKey, user, why)
	addNeed(&l, homeKey, user+"/.ssh", why)
	if prefix == userKeysKey {
		needKeysPlace(&l, user, false)
	}
	return l
}

// needKeysPlace orders the keys of a user after the settings that tell sshd where to find them, and after the folder
// of that file, which only the machine knows. If that folder is declared to come after the user, the user gets the
// keys later.
func needKeysPlace(l *resource.Links, user string, soft bool) {
	why := "that says where sshd looks for keys"
	addNeed(l, "path:", "/etc/ssh/sshd_config", why)
	addNeed(l, "", sshdKeysFile(), why)
	addNeed(l, "", sshdConfig, why)
	if user != "" {
		l.Needs = append(l.Needs, resource.Need{Key: userKeysKey + user, Reason: "its file lies in that directory", Soft: soft})
	}
}

// sshdConfig is the key of the files that configure sshd. They come before the keys that sshd reads.
const sshdConfig = "sshd-config:"

// ConfiguresSSHD reports whether the file at a path configures sshd, as far as its path says so.
func ConfiguresSSHD(at string) bool {
	return at == "/etc/ssh/sshd_config" || strings.HasPrefix(at, "/etc/ssh/sshd_config.d/")
}

// sshdKeysFile is the key of the setting by which sshd finds keys.
func sshdKeysFile() string {
	return resource.PartKey("/etc/ssh/sshd_config", "space authorizedkeysfile")
}
