package machine

import (
	"converge/internal/providers/mounts"
	"converge/internal/resource"
)

// mountOptions are those of the mounts and of swap space. An init system that keeps what
// it has read of fstab reads it again.
func (m *Machine) mountOptions() mounts.Options {
	o := mounts.Options{FS: m.tree, RunID: m.Run, Live: m.tree.Root() == "/", Ledger: writtenTo{m.State, m.Site}}
	if r, ok := m.services.(reloader); ok && r.IsLive() {
		o.Reload = r.Reload
	}
	o.Release = func() {
		for _, name := range []string{"file", "setting"} { // whose providers keep directories open
			if i, ok := m.Site.Kinds.Find(name).Provider.(resource.Invalidator); ok {
				i.Invalidate([]resource.Change{})
			}
		}
	}
	return o
}
