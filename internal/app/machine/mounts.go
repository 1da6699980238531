package machine

import "converge/internal/providers/mounts"

// mountOptions are those of the mounts and of swap space. An init system that keeps what
// it has read of fstab reads it again.
func (m *Machine) mountOptions() mounts.Options {
	o := mounts.Options{FS: m.tree, RunID: m.Run, Live: m.tree.Root() == "/", Ledger: writtenTo{m.State, m.Site}}
	if r, ok := m.services.(reloader); ok && r.IsLive() {
		o.Reload = r.Reload
	}
	return o
}
