package machine

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/apt"
	"converge/internal/providers/command"
	"converge/internal/providers/packages/assumed"
	"converge/internal/resource"
	"converge/internal/userdb"
	"converge/internal/verify"
	"converge/resources"
)

// Elsewhere contains the facts of another machine. Its disk is the tree below the root, and no program of it is run:
// see [process.Forbid].
type Elsewhere struct {
	Managers []string // package managers
	Family   string   // of the distribution
	Init     string   // "": as in the tree
}

func makeChecks(m *Machine) *verify.Checker {
	if m.Elsewhere != nil {
		return verify.NewIdle(m.tree)
	}
	return verify.New(m.tree, m.tree.Root() != "/")
}

func makeCommands(m *Machine, users *userdb.DB) {
	if m.Elsewhere != nil {
		m.Commands = command.NewIdle(m.tree, users, m.now)
		return
	}
	m.Commands = command.New(m.tree, users, m.now)
}

// databases returns the places where a package manager keeps the list of installed packages.
func databases(manager string) []string {
	switch manager {
	case "apt":
		return []string{"/var/lib/dpkg/status"}
	case "dnf", "zypper":
		return []string{"/usr/lib/sysimage/rpm", "/var/lib/rpm"}
	case "pacman":
		return []string{"/var/lib/pacman/local"}
	case "apk":
		return []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"}
	}
	return nil
}

// hasDatabase reports whether the tree has the list of a package manager's installed packages.
func hasDatabase(m *Machine, manager string) bool {
	for _, path := range databases(manager) {
		if _, err := m.tree.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// assume replaces a package manager by one that assumes its answers.
func assume(m *Machine, name string, p manager) manager {
	if hasDatabase(m, name) {
		return assumed.New(p)
	}
	return assumed.NewEmpty(p)
}

// configuredBy returns a function that reports whether dpkg has configured a package.
func configuredBy(m *Machine, a *apt.Provider) func(name string) (time.Time, bool, error) {
	if m.Elsewhere != nil && !hasDatabase(m, "apt") {
		return func(string) (time.Time, bool, error) { return time.Time{}, false, nil }
	}
	return a.Configured
}

// initSystem is the part of an init system's provider that a plan uses.
type initSystem interface {
	services
	resource.Reviewer
	resource.Actor
	resource.Transactor
}

// resting is the provider of services for another machine: what its tree enables counts as running, as on a machine
// that has booted.
type resting struct{ initSystem }

// atRest returns the provider of a tree as resting.
func atRest(s services) services {
	if all, ok := s.(initSystem); ok {
		return resting{all}
	}
	return s
}

// Observe implements [resource.Provider].
func (r resting) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	w, err := resource.Decode[resources.ServiceWant](want)
	if err != nil {
		return cty.NilVal, err
	}
	have, err := r.initSystem.Observe(ctx, want)
	if err != nil || have.IsNull() || !w.Running.Set {
		return have, err
	}
	asked := resources.ServiceWant{Name: w.Name, Enabled: resource.Some(true)}
	found, err := r.initSystem.Observe(ctx, resource.Encode(asked))
	if err != nil || found.IsNull() {
		return have, nil //nolint:nilerr // the caller did not ask whether it is enabled
	}
	is := resource.Must[resources.ServiceWant](have)
	is.Running = resource.Some(resource.Must[resources.ServiceWant](found).Enabled.Value)
	return resource.Encode(is), nil
}

// Review implements [resource.Reviewer].
func (r resting) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	switch o.Ask {
	case resource.AskAction:
		return resource.Review{}
	case resource.AskForecast:
		w := resource.Must[resources.ServiceWant](c.Want)
		w.Running = resource.Opt[bool]{} // it was already compared here
		c.Want = resource.Encode(w)
	}
	return r.initSystem.Review(ctx, c, o)
}

// Invalidate implements [resource.Invalidator].
func (r resting) Invalidate(because []resource.Change) {
	if i, ok := r.initSystem.(resource.Invalidator); ok {
		i.Invalidate(because)
	}
}

// Derives reports from which of the changes the init system may generate a unit.
func (r resting) Derives(cs []resource.Change) []bool {
	if d, ok := r.initSystem.(deriver); ok {
		return d.Derives(cs)
	}
	return make([]bool, len(cs))
}

// Identify returns the other names of units, as far as the tree shows them.
func (r resting) Identify(ctx context.Context, keys []string) (map[string]string, error) {
	if i, ok := r.initSystem.(identifier); ok {
		return i.Identify(ctx, keys)
	}
	return nil, nil
}
