package facts

import (
	"context"
	"fmt"
	"sync"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"

	"converge/internal/userdb"
)

// OnUse are facts that are read one by one, each only if a manifest names it: they cost more than the others, or change
// more often. A new one is a field here and a line in [readOnUse]. Custom holds the facts of programs, see [programs].
type OnUse struct {
	Users  map[string]User  `cty:"users" doc:"accounts in /etc/passwd by name; read only if the manifest names node.users"`
	Groups map[string]Group `cty:"groups" doc:"groups in /etc/group by name; read only if the manifest names node.groups"`
	Mounts map[string]Mount `cty:"mounts" doc:"what is mounted, by mount point; empty with --root; read only if the manifest names node.mounts"`

	Custom cty.Value `cty:"custom" doc:"what the operator's programs in /etc/converge/facts.d have found, by their names; they are run only if the manifest names node.custom"`
}

// Mount is the mount at a mount point: the topmost, if there are several.
type Mount struct {
	Device  string   `cty:"device" doc:"device, or what the file system names instead: /dev/sda1, tmpfs, nas:/export"`
	Type    string   `cty:"type" doc:"type of the file system"`
	Options []string `cty:"options" doc:"options in effect, those of the mount first: rw, nosuid, size=1024k"`
}

// User is an account of /etc/passwd.
type User struct {
	UID     uint32 `cty:"uid" doc:"its number"`
	GID     uint32 `cty:"gid" doc:"number of its primary group"`
	Comment string `cty:"comment" doc:"the whole GECOS field"`
	Home    string `cty:"home" doc:"home folder"`
	Shell   string `cty:"shell" doc:"login shell"`
}

// Group is a group of /etc/group.
type Group struct {
	GID     uint32   `cty:"gid" doc:"its number"`
	Members []string `cty:"members" doc:"names of the users that the group lists"`
}

// readOnUse returns the readers of the facts in [OnUse].
func readOnUse(_ context.Context, root string) map[string]func() (cty.Value, error) {
	users := userdb.New(root)
	return map[string]func() (cty.Value, error){
		"users":  func() (cty.Value, error) { return readUsers(users) },
		"groups": func() (cty.Value, error) { return readGroups(users) },
		"mounts": func() (cty.Value, error) { return readMounts(root) },
	}
}

// onceEach returns readers that read only once, regardless of the number of callers.
func onceEach(readers map[string]func() (cty.Value, error)) map[string]func() (cty.Value, error) {
	out := make(map[string]func() (cty.Value, error), len(readers))
	for name, read := range readers {
		out[name] = sync.OnceValues(read)
	}
	return out
}

func readUsers(db *userdb.DB) (cty.Value, error) {
	all, err := db.LocalUsers()
	if err != nil {
		return cty.NilVal, err
	}
	out := make(map[string]User, len(all))
	for _, u := range all {
		if _, ok := out[u.Name]; !ok { // the first entry counts, as in the C library
			out[u.Name] = User{UID: u.UID, GID: u.GID, Comment: u.Comment, Home: u.Home, Shell: u.Shell}
		}
	}
	return toValue(out)
}

func readGroups(db *userdb.DB) (cty.Value, error) {
	all, err := db.LocalGroups()
	if err != nil {
		return cty.NilVal, err
	}
	out := make(map[string]Group, len(all))
	for _, g := range all {
		if _, ok := out[g.Name]; !ok {
			out[g.Name] = Group{GID: g.GID, Members: append([]string{}, g.Members...)}
		}
	}
	return toValue(out)
}

// toValue converts facts to a value for a manifest.
func toValue(facts any) (cty.Value, error) {
	t, err := gocty.ImpliedType(facts)
	if err != nil {
		return cty.NilVal, fmt.Errorf("internal error: facts have no type: %w", err)
	}
	v, err := gocty.ToCtyValue(facts, t)
	if err != nil {
		return cty.NilVal, fmt.Errorf("internal error: facts have no value: %w", err)
	}
	return v, nil
}
