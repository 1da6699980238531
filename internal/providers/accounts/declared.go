package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/resources"
)

// need is what cannot be without an account.
type need struct {
	by     *resource.Resource
	reason string // completes "it needs the account: …"
}

// Declare records the users and groups that the manifest declares, because an
// account that is missing now may exist by then, and one that is in the way may be
// removed. For accounts to be removed it records what needs them.
func (a *Accounts) Declare(rs []*resource.Resource) {
	a.declared, a.needs = map[string]*resource.Resource{}, map[string]need{}
	going := false
	for _, r := range rs {
		if r.Off || r.Kind.Name != "user" && r.Kind.Name != "group" {
			continue
		}
		for _, key := range r.Kind.Links(r.Want).Provides {
			a.declared[key] = r
		}
		going = going || isAbsent(r)
	}
	if !going {
		return
	}
	for _, r := range rs {
		if !r.Off && r.Kind.Links != nil && !isAbsent(r) {
			a.declareNeeds(r)
		}
	}
}

// declareNeeds records the accounts that a resource needs. A command needs
// none: it may have to run before an account can be removed. A user without a
// declared group takes the group of its own name only if that exists.
func (a *Accounts) declareNeeds(r *resource.Resource) {
	if r.Kind.Name == "exec" {
		return
	}
	own := ""
	if r.Kind.Name == "user" && !resource.Must[resources.UserWant](r.Want).Group.Set {
		own = "group:" + r.Label()
	}
	for _, n := range r.Kind.Links(r.Want).Needs {
		if _, seen := a.needs[n.Key]; !seen && n.Key != own {
			a.needs[n.Key] = need{by: r, reason: n.Reason}
		}
	}
}

func isAbsent(r *resource.Resource) bool { return resource.WantsAbsent(r.Want) }

// needed refuses to remove an account that a declared resource needs: one of
// the two would have to fail.
func (a *Accounts) needed(what, name string) error {
	n, ok := a.needs[what+":"+name]
	if !ok {
		return nil
	}
	return resource.Certain(fmt.Errorf("%s %q is to be absent, and %s is declared (%s:%d): %s", what, name, n.by.Addr, n.by.Range.Filename, n.by.Range.Start.Line, n.reason))
}

// unknown is the error about an account that is neither there nor declared.
func (a *Accounts) unknown(what, name string, err error) error {
	if r := a.declared[what+":"+name]; r != nil && !isAbsent(r) {
		return nil
	}
	return resource.Certain(err)
}

// Lacks reports whether a key is of a user or a group, by name, that is neither
// there nor declared. With a new user comes the group of its name.
func (a *Accounts) Lacks(ctx context.Context, key string) bool {
	what, name, _ := strings.Cut(key, ":")
	if a.declared[key] != nil {
		return false
	}
	var err error
	switch what {
	case "user":
		_, err = a.users.UID(ctx, name)
	case "group":
		if a.declared["user:"+name] != nil {
			return false
		}
		_, err = a.users.GID(ctx, name)
	}
	return errors.Is(err, userdb.ErrUnknown)
}
