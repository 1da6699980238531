package machine

import (
	"path"
	"strings"
)

// SysctlConfName returns the name by which /etc/sysctl.conf is read at boot among the files of sysctl.d; "": it is not. systemd reads it
// through a link alone, and other init systems after all others.
func SysctlConfName(m *Machine) string {
	const folder, conf = "/etc/sysctl.d", "/etc/sysctl.conf"
	if !m.systemd {
		return "~"
	}
	names, err := m.tree.Names(folder)
	if err != nil { // there are no files there
		return ""
	}
	last := ""
	for _, name := range names {
		at, err := m.tree.Resolve(path.Join(folder, name))
		if err == nil && at == conf && strings.HasSuffix(name, ".conf") && name > last {
			last = name
		}
	}
	return last
}
