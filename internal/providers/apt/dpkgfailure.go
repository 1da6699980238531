package apt

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"converge/internal/process"

	"converge/internal/providers/packages/tool"
)

// dpkgFailure holds dpkg's messages about one failed package.
type dpkgFailure struct {
	why  string // "installed NAME package post-installation script subprocess returned …"
	said string // the earlier output of the package's script, in lines
	unit string // the unit that did not start meanwhile; "" if none is named
	line string // the last line that the unit itself has logged; "" if that is not known
}

// errorFor is the failure as an error of the package. If a unit is the cause, it is the unit's own message, and
// nothing else is repeated.
func (f dpkgFailure) errorFor(name string) error {
	if f.line != "" {
		return fmt.Errorf("cannot change %s: its unit %s does not start: %s (%s)", name, f.unit, f.line, f.why)
	}
	return fmt.Errorf("cannot change %s: %s%s", name, f.why, tool.Indent(tool.LastLines(f.said, tool.ShownLines)))
}

// dpkgErrors reads dpkg's messages about the packages that failed:
//
//	Setting up NAME (1.0) ...
//	Job for NAME.service failed because the control process exited with error code.
//	dpkg: error processing package NAME (--configure):
//	 installed NAME package post-installation script subprocess returned error exit status 7
//	dpkg: error processing archive /…/NAME_1.0_all.deb (--unpack):
//	 trying to overwrite '/usr/bin/x', which is also in package y 1.0
func dpkgErrors(out string) map[string]dpkgFailure {
	found := map[string]dpkgFailure{}
	var f dpkgFailure
	name := ""
	for line := range strings.Lines(out) {
		line = process.Plain(tool.LastOverwrite(strings.TrimRight(line, "\n")))
		if name != "" && strings.HasPrefix(line, " ") {
			f.why = strings.TrimSpace(line)
			found[name], f, name = f, dpkgFailure{}, ""
			continue
		}
		name = failedPackage(line)
		switch {
		case name != "":
		case startsPackage(line):
			f = dpkgFailure{}
		default:
			f.said += line + "\n"
			if unit := failedUnit(line); unit != "" {
				f.unit = unit
			}
		}
	}
	return found
}

// startsPackage reports whether dpkg begins with another package.
func startsPackage(line string) bool {
	for _, prefix := range []string{"Setting up ", "Preparing to unpack ", "Unpacking ", "Removing ", "Purging ", "Processing triggers for ", "dpkg: dependency problems ", "Get:"} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// failedPackage returns the package in a line about a failure of dpkg. apt hands
// archives over as N-NAME_VERSION_ARCH.deb in a folder of its own.
func failedPackage(line string) string {
	rest, ok := strings.CutPrefix(line, "dpkg: error processing ")
	if !ok {
		return ""
	}
	what, thing, _ := strings.Cut(rest, " ")
	thing, _, _ = strings.Cut(thing, " ")
	switch what {
	case "package":
		return thing
	case "archive":
		dir, base := thing[:strings.LastIndexByte(thing, '/')+1], thing[strings.LastIndexByte(thing, '/')+1:]
		name, _, _ := strings.Cut(base, "_")
		if strings.Contains(dir, "/apt-dpkg-install-") {
			if number, own, ok := strings.Cut(name, "-"); ok && strings.Trim(number, "0123456789") == "" {
				return own
			}
		}
		return name
	}
	return ""
}

// failedUnit returns the unit in a line of systemctl or invoke-rc.d about a
// failed start.
func failedUnit(line string) string {
	if m := regexp.MustCompile(`^(?:Job for|A dependency job for) (\S+\.\w+) failed`).FindStringSubmatch(line); m != nil {
		return m[1]
	}
	if m := regexp.MustCompile(`^invoke-rc\.d: initscript (\S+), action "\w+" failed`).FindStringSubmatch(line); m != nil {
		return m[1] + ".service"
	}
	return ""
}

// askUnits completes failures by the last line that each failed unit itself has
// logged since its start. systemd's own lines about the unit are not among them.
func (h *host) askUnits(ctx context.Context, failures map[string]dpkgFailure) {
	if h.Root != "" {
		return // a tree has no journal
	}
	for name, f := range failures {
		if f.unit == "" {
			continue
		}
		_, _ = h.Run(ctx, tool.Command{Argv: []string{"journalctl", "--sync"}}) // the unit's last message may not be written yet
		res, err := h.Run(ctx, tool.Command{Argv: []string{"journalctl", "--quiet", "--no-pager", "--boot", "--output=cat", "--lines=1", "_SYSTEMD_UNIT=" + f.unit}})
		if err != nil || res.Status != 0 {
			continue // the output of the script has to suffice
		}
		f.line = strings.TrimSpace(process.Plain(tool.LastLines(res.Stdout, 1)))
		failures[name] = f
	}
}
