package machine

import (
	"os"

	"converge/internal/facts"
	"converge/internal/providers/reboot"
)

// Resume is how a run continues after a reboot.
type Resume = reboot.Resume

// newReboots makes the provider of the reboots of a machine.
func newReboots(m *Machine) *reboot.Provider {
	resume := m.Resume
	if resume.WhyNot == "" && !(m.booted && m.systemd) {
		resume.WhyNot = "no systemd runs the host"
	}
	return reboot.New(reboot.Options{
		FS: m.tree, Live: m.tree.Root() == "/", State: m.StateDir, Run: m.Run, Booted: m.booted, Systemd: m.systemd,
		Root: os.Geteuid() == 0, Now: m.now, InContainer: facts.InContainer, Never: m.NoReboot, Resume: resume,
	})
}
