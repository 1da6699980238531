package machine

import (
	"slices"

	"converge/internal/providers/mounts"
	"converge/internal/resource"
)

// mountOptions returns the options for mounts and swap space. An init system that caches fstab reads it again.
func (m *Machine) mountOptions() mounts.Options {
	o := mounts.Options{FS: m.tree, RunID: m.Run, Live: m.tree.Root() == "/", Ledger: writtenTo{m.State, m.Site}}
	if r, ok := m.services.(reloader); ok && r.IsLive() {
		o.Reload = r.Reload
	}
	o.RunsCommands = func() bool { return mayRunCommands(m.Site.Resources) }
	o.Release = func() {
		for _, name := range []string{"file", "setting"} { // their providers keep directories open
			if i, ok := m.Site.Kinds.Find(name).Provider.(resource.Invalidator); ok {
				i.Invalidate([]resource.Change{})
			}
		}
	}
	return o
}

// mayRunCommands reports whether a change of resources may run a command before the end of the run.
func mayRunCommands(rs []*resource.Resource) bool {
	return slices.ContainsFunc(rs, func(r *resource.Resource) bool {
		return slices.ContainsFunc(r.Notifies, func(n resource.Notify) bool {
			return n.When != resource.Delayed && n.When != "" && n.Target.Kind == "exec"
		})
	})
}
