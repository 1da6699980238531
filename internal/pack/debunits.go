package pack

import (
	"strings"
)

// configuring is the condition under which dpkg configures a package, or restores one after an aborted removal or
// upgrade (Debian policy 6.7).
const configuring = `if [ "$1" = "configure" ] || [ "$1" = "abort-upgrade" ] || [ "$1" = "abort-deconfigure" ] || [ "$1" = "abort-remove" ]; then` + "\n"

// handleDebUnits returns the handling of a deb's units, with the commands of debhelper (autoscripts/*-systemd-* of its
// version 13): deb-systemd-helper keeps the administrator's decisions, and deb-systemd-invoke respects policy-rc.d.
func (p Package) handleDebUnits(h hook) string {
	if all, _, _, _ := p.unitNames(); all == "" {
		return ""
	}
	switch h {
	case postInstall:
		return p.enableDebUnits() + p.startDebUnits()
	case preRemove:
		all, _, _, _ := p.unitNames()
		return `if [ -z "${DPKG_ROOT:-}" ] && [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop ` + all + ` >/dev/null || true
fi
`
	case postRemove:
		return p.forgetDebUnits()
	}
	return ""
}

func (p Package) enableDebUnits() string {
	var b strings.Builder
	b.WriteString(configuring)
	for _, u := range p.Units {
		unit := "'" + u.Name + "'"
		if u.Enable {
			b.WriteString(strings.ReplaceAll(`	deb-systemd-helper unmask UNIT >/dev/null || true
	if deb-systemd-helper --quiet was-enabled UNIT; then
		deb-systemd-helper enable UNIT >/dev/null || true
	else
		deb-systemd-helper update-state UNIT >/dev/null || true
	fi
`, "UNIT", unit))
			continue
		}
		b.WriteString(strings.ReplaceAll(`	if deb-systemd-helper debian-installed UNIT; then
		deb-systemd-helper unmask UNIT >/dev/null || true
		if deb-systemd-helper --quiet was-enabled UNIT; then
			deb-systemd-helper enable UNIT >/dev/null || true
		fi
	fi
	deb-systemd-helper update-state UNIT >/dev/null || true
`, "UNIT", unit))
	}
	return b.String() + "fi\n"
}

// startDebUnits differs from debhelper's in one point: a unit that is only started is not restarted, and one that is
// only restarted is not started.
func (p Package) startDebUnits() string {
	var both, start, restart []string
	for _, u := range p.Units {
		unit := "'" + u.Name + "'"
		switch {
		case u.Start && u.Restart:
			both = append(both, unit)
		case u.Start:
			start = append(start, unit)
		case u.Restart:
			restart = append(restart, unit)
		}
	}
	var b strings.Builder
	b.WriteString(configuring + "	if [ -d /run/systemd/system ]; then\n		systemctl --system daemon-reload >/dev/null || true\n")
	if len(both) > 0 {
		b.WriteString("		if [ -n \"$2\" ]; then\n			_dh_action=restart\n		else\n			_dh_action=start\n		fi\n" +
			"		deb-systemd-invoke $_dh_action " + strings.Join(both, " ") + " >/dev/null || true\n")
	}
	if len(start) > 0 {
		b.WriteString("		[ -n \"$2\" ] || deb-systemd-invoke start " + strings.Join(start, " ") + " >/dev/null || true\n")
	}
	if len(restart) > 0 {
		b.WriteString("		[ -z \"$2\" ] || deb-systemd-invoke try-restart " + strings.Join(restart, " ") + " >/dev/null || true\n")
	}
	return b.String() + "	fi\nfi\n"
}

func (p Package) forgetDebUnits() string {
	all, _, _, _ := p.unitNames()
	return strings.ReplaceAll(`if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = "remove" ]; then
	if [ -x "/usr/bin/deb-systemd-helper" ]; then
		deb-systemd-helper mask UNITS >/dev/null || true
	fi
fi
if [ "$1" = "purge" ]; then
	if [ -x "/usr/bin/deb-systemd-helper" ]; then
		deb-systemd-helper purge UNITS >/dev/null || true
		deb-systemd-helper unmask UNITS >/dev/null || true
	fi
fi
`, "UNITS", all)
}
