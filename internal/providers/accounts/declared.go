package accounts

import (
	"fmt"

	"converge/resources"
)

// need is what cannot be without an account.
type need struct {
	by     *resources.Resource
	reason string // completes "it needs the account: …"
}

// Declare says what the manifest declares: which users and groups, because what
// is not there yet may come with them and what is in the way may go; and, where
// one is to go, what needs it.
func (a *Accounts) Declare(rs []*resources.Resource) {
	a.declared, a.needs = map[string]*resources.Resource{}, map[string]need{}
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

// declareNeeds notes which accounts a resource cannot be without. A command may
// be what has to run before the account can go, and a user of whom no group is
// said takes the group of its name only if there is one.
func (a *Accounts) declareNeeds(r *resources.Resource) {
	if r.Kind.Name == "exec" {
		return
	}
	own := ""
	if r.Kind.Name == "user" && !resources.HasAttr(r.Want, "group") {
		own = "group:" + resources.StringAttr(r.Want, "name")
	}
	for _, n := range r.Kind.Links(r.Want).Needs {
		if _, seen := a.needs[n.Key]; !seen && n.Key != own {
			a.needs[n.Key] = need{by: r, reason: n.Reason}
		}
	}
}

func isAbsent(r *resources.Resource) bool { return resources.StringAttr(r.Want, "ensure") == "absent" }

// needed says that an account which is to go is needed by something that is to
// be there: one of the two could only fail.
func (a *Accounts) needed(what, name string) error {
	n, ok := a.needs[what+":"+name]
	if !ok {
		return nil
	}
	return resources.Certain(fmt.Errorf("%s %q is to be absent, and %s is declared (%s:%d): %s", what, name, n.by.Addr, n.by.Range.Filename, n.by.Range.Start.Line, n.reason))
}

// unknown is the error about an account that is neither there nor declared.
func (a *Accounts) unknown(what, name string, err error) error {
	if r := a.declared[what+":"+name]; r != nil && !isAbsent(r) {
		return nil
	}
	return resources.Certain(err)
}
