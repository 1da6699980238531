package accounts

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// foreseeTools refuses a change for which tools or files are missing that something else may bring.
func (u *Users) foreseeTools(c resource.Change) error {
	t, err := resource.TypeChange[resources.UserWant](c)
	if err != nil {
		return err
	}
	if err := u.tools.refuseUnequipped(toolForUser(t)); err != nil || c.Action == resource.Delete {
		return err
	}
	var have resources.UserWant
	if c.Action == resource.Update && t.Have != nil {
		have = *t.Have
	}
	return refuseUnshadowed(u.Accounts, t.Want, have, c.Action == resource.Create)
}

// toolForUser returns the first tool that a change of a user runs; "" if it runs none.
func toolForUser(t resource.TypedChange[resources.UserWant]) string {
	differs := func(attrs ...string) bool { return slices.ContainsFunc(attrs, t.Differs) }
	switch {
	case t.Action == resource.Create:
		return "useradd"
	case t.Action == resource.Delete:
		return "userdel"
	case differs("group", "home", "shell", "comment", "uid", "expires", "groups"), differs("locked") && !differs("password"):
		return "usermod"
	case differs("password"):
		return "chpasswd"
	case differs("min_days", "max_days", "warn_days", "inactive_days"):
		return "chage"
	}
	return ""
}

// foreseeTools is [Users.foreseeTools] for groups.
func (g *Groups) foreseeTools(c resource.Change) error {
	name := "gpasswd"
	switch {
	case c.Action == resource.Create:
		name = "groupadd"
	case c.Action == resource.Delete:
		name = "groupdel"
	case c.Differs("gid"):
		name = "groupmod"
	}
	return g.tools.refuseUnequipped(name)
}

// refuseUnequipped refuses a change for which there is no tool, or whose files cannot be written. Elsewhere, only the
// files of the machine are known.
func (t *tools) refuseUnequipped(name string) error {
	if t.Elsewhere || name == "" {
		return nil
	}
	if fixed, err := t.fs.ReadOnly("/etc/passwd"); err == nil && fixed {
		return errors.New("cannot change users and groups: the file system of /etc is mounted read-only")
	}
	if _, err := process.Find(name, process.DefaultPath); err != nil {
		return errNoTool(name)
	}
	return nil
}

// errNoTool is the error for a tool that is not installed.
func errNoTool(name string) error {
	err := fmt.Errorf("cannot find %s, which the shadow tools bring", name)
	return resource.Lacking(err, "program:/usr/sbin/"+name, "install passwd, shadow or shadow-utils, or declare that package")
}

// mayBringTools reports whether a change beside those of accounts may bring files or programs that they need.
func mayBringTools(beside iter.Seq[resource.Change]) bool {
	if beside == nil {
		return false
	}
	for c := range beside {
		if c.Kind != nil && c.Kind.Opaque && c.Action != resource.Delete {
			return true
		}
	}
	return false
}
