package machine

import (
	"converge/internal/providers/mounts"
	"converge/internal/resource"
)

// mountOptions returns the options for mounts and swap space. An init system that caches fstab reads it again.
func (m *Machine) mountOptions() mounts.Options {
	o := mounts.Options{FS: m.tree, RunID: m.Run, Live: m.tree.Root() == "/", Ledger: writtenTo{m.State, m.Site}}
	if r, ok := m.services.(reloader); ok && r.IsLive() {
		o.Reload = r.Reload
	}
	o.Release = func() {
		for _, name := range []string{"file", "setting"} { // their providers keep directories open
			if i, ok := m.Site.Kinds.Find(name).Provider.(resource.Invalidator); ok {
				i.Invalidate([]resource.Change{})
			}
		}
	}
	return o
}
