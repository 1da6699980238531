package accounts

import (
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// need is a thing that needs an account.
type need struct {
	by     *resource.Resource
	reason string // completes "it needs the account: …"
}

// declarations are the users and groups that the manifest declares.
type declarations struct {
	resources map[string]*resource.Resource // by key, "user:app"
	needs     map[string]need               // key of an account → a thing that needs it
}

// newDeclarations records the manifest's declarations, and for accounts to be removed the things that need them.
func newDeclarations(rs []*resource.Resource) *declarations {
	d := &declarations{resources: map[string]*resource.Resource{}, needs: map[string]need{}}
	going := false
	for _, r := range rs {
		if !r.IsEnforced() || r.Kind.Name != "user" && r.Kind.Name != "group" {
			continue
		}
		for _, key := range r.Links().Provides {
			d.resources[key] = r
		}
		going = going || r.WantsAbsent()
	}
	if !going {
		return d
	}
	for _, r := range rs {
		if r.IsEnforced() && r.Kind.Links != nil && !r.WantsAbsent() {
			d.addNeeds(r)
		}
	}
	return d
}

// addNeeds records the accounts that a resource needs. A command needs
// none: it may have to run before an account can be removed. A user without a
// declared group takes the group of its own name only if that exists.
func (d *declarations) addNeeds(r *resource.Resource) {
	if r.Kind.Name == "exec" {
		return
	}
	own := ""
	if r.Kind.Name == "user" && !resource.Must[resources.UserWant](r.Want).Group.Set {
		own = "group:" + r.Label()
	}
	for _, n := range r.Links().Needs {
		if _, seen := d.needs[n.Key]; !seen && n.Key != own {
			d.needs[n.Key] = need{by: r, reason: n.Reason}
		}
	}
}

// refuseNeeded refuses to remove an account that a declared resource needs: one of
// the two would have to fail.
func (d *declarations) refuseNeeded(what, name string) error {
	n, ok := d.needs[what+":"+name]
	if !ok {
		return nil
	}
	return resource.Certain(fmt.Errorf("%s %q is to be absent, and %s is declared (%s:%d): %s", what, name, n.by.Addr, n.by.Range.Filename, n.by.Range.Start.Line, n.reason))
}

// isDeclared reports whether an account is declared to exist.
func (d *declarations) isDeclared(key string) bool {
	r := d.resources[key]
	return r != nil && !r.WantsAbsent()
}

// refuseUnknown refuses an account that neither exists nor is declared.
func (d *declarations) refuseUnknown(what, name string) error {
	if d.isDeclared(what + ":" + name) {
		return nil
	}
	advice := fmt.Sprintf("declare it, %s %q {}, or the package that makes it", what, name)
	return resource.Lacking(resource.Certain(fmt.Errorf("there is no %s %q", what, name)), what+":"+name, advice)
}

// goesAfter reports whether a group is removed only after users that need the
// group of a change: a group is removed after its last possible member.
func (d *declarations) goesAfter(owner string, c resource.Change) bool {
	r := d.resources["group:"+owner]
	if r == nil || !r.WantsAbsent() {
		return false
	}
	for key, u := range d.resources {
		if strings.HasPrefix(key, "user:") && !resource.WantsAbsent(u.Want) && resource.Must[resources.UserWant](u.Want).Group.Value == c.Label() {
			return true
		}
	}
	return false
}
