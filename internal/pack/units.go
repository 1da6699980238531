package pack

import (
	"strings"
)

// unitDir is the folder for units of packages. Debian's debhelper uses the same folder under its older name.
const unitDir = "/usr/lib/systemd/system/"

// handleUnits returns the handling of the units for families without programs of their own for that, with $action set.
// enable and disable need no running systemd, and systemctl itself does nothing else in a chroot. No step can fail the
// package: a unit that does not start is the service's problem.
func (p Package) handleUnits(h hook) string {
	all, enable, start, restart := p.unitNames()
	if all == "" {
		return ""
	}
	var b strings.Builder
	switch h {
	case postInstall:
		b.WriteString("if command -v systemctl >/dev/null 2>&1; then\n")
		if enable != "" {
			b.WriteString("[ $action != install ] || systemctl --quiet --no-reload enable " + enable + " || :\n")
		}
		b.WriteString("if [ -d /run/systemd/system ]; then\nsystemctl daemon-reload || :\n")
		if start != "" {
			b.WriteString("[ $action != install ] || systemctl start " + start + " || :\n")
		}
		if restart != "" {
			b.WriteString("[ $action != upgrade ] || systemctl try-restart " + restart + " || :\n")
		}
		b.WriteString("fi\nfi\n")
	case preRemove:
		b.WriteString("if command -v systemctl >/dev/null 2>&1; then\nnow=\n[ ! -d /run/systemd/system ] || now=--now\n" +
			"systemctl --quiet --no-reload disable $now " + all + " || :\nfi\n")
	case postRemove:
		b.WriteString("[ ! -d /run/systemd/system ] || systemctl daemon-reload || :\n")
	}
	return b.String()
}

// unitNames returns the names of all units, and of those that are enabled, started and restarted. It excludes templates:
// their instances are the administrator's.
func (p Package) unitNames() (all, enable, start, restart string) {
	var lists [4][]string
	for _, u := range p.Units {
		for i, in := range []bool{!strings.Contains(u.Name, "@."), u.Enable, u.Start, u.Restart} {
			if in {
				lists[i] = append(lists[i], "'"+u.Name+"'")
			}
		}
	}
	return strings.Join(lists[0], " "), strings.Join(lists[1], " "), strings.Join(lists[2], " "), strings.Join(lists[3], " ")
}
