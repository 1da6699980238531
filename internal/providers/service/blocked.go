package service

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/resources"
)

// listUnitsWaitedFor returns the units for whose jobs the processes of a unit wait. A command of a unit may call
// systemctl, and no queue shows that wait. In this way a start waits for a unit that is ordered after ours, and a unit
// that starts ours waits for us.
func listUnitsWaitedFor(ctx context.Context, b *bus, unit string) []string {
	p, err := b.readUnitProps(ctx, unit)
	if err != nil {
		return nil // the time limit remains
	}
	var out []string
	for _, pid := range listPIDs(p.str("ControlGroup")) {
		cmdline, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
		if err == nil {
			out = append(out, parseSystemctlWaits(cmdline)...)
		}
	}
	return out
}

// listPIDs lists the processes of a control group, in the unified hierarchy or in systemd's own of version 1.
func listPIDs(group string) []string {
	if group == "" || group == "/" {
		return nil
	}
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"} {
		if b, err := os.ReadFile(filepath.Join(mount, group, "cgroup.procs")); err == nil {
			return strings.Fields(string(b))
		}
	}
	return nil
}

// parseSystemctlWaits returns the units for which a systemctl with that command line, whose arguments end in NUL,
// waits.
func parseSystemctlWaits(cmdline []byte) []string {
	argv := strings.Split(string(bytes.TrimRight(cmdline, "\x00")), "\x00")
	if filepath.Base(argv[0]) != "systemctl" {
		return nil
	}
	var words []string
	for _, a := range argv[1:] {
		switch {
		case a == "--no-block":
			return nil
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	if len(words) < 2 {
		return nil
	}
	waits := []string{
		"start", "stop", "restart", "reload", "try-restart", "condrestart", "reload-or-restart", "try-reload-or-restart", "isolate", "enable", "reenable",
	}
	if !slices.Contains(waits, words[0]) || strings.HasSuffix(words[0], "enable") && !slices.Contains(argv, "--now") {
		return nil
	}
	var units []string
	for _, w := range words[1:] {
		if name, err := resources.ParseUnitName(w); err == nil {
			units = append(units, name.String())
		}
	}
	return units
}
