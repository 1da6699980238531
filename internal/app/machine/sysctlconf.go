package machine

import (
	"path"
	"strings"
)

// SysctlConfName returns the name under which /etc/sysctl.conf is read at boot among the files of sysctl.d; "": it is
// not. systemd only reads it through a link, and other init systems after all others.
func SysctlConfName(m *Machine) string {
	const folder, conf = "/etc/sysctl.d", "/etc/sysctl.conf"
	if !m.systemd {
		return "~"
	}
	names, err := m.tree.Names(folder)
	if err != nil { // the folder is empty or missing
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
