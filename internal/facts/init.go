package facts

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"converge/internal/fsys"
)

// The init systems, as node.init names them.
const (
	Systemd = "systemd"
	OpenRC  = "openrc"
	SysV    = "sysv"
)

// readInit returns the init system that runs the machine or, for a tree, the one that would boot it.
func readInit(t fsys.Files) string {
	if t.IsLive() {
		return RunningInit()
	}
	return TreeInit(t)
}

// RunningInit returns the init system that runs this machine; "" if there is none, or an unknown one. Marks in /run do
// not suffice: a container starts with those of its image, but its first process is another program.
func RunningInit() string {
	return runningInit(fsys.Files{}, strings.TrimSpace(readHead("/proc/1/comm", 64)), inChroot("/proc/1/root", "/"))
}

// runningInit is RunningInit with the name of the first process, and whether that process has a different root from this
// one.
func runningInit(t fsys.Files, first string, inside bool) string {
	isInit := first == "init" || first == "openrc-init"
	switch {
	case inside:
		return ""
	case hasEntry(t, "/run/systemd/system"): // the test of sd_booted(3)
		if hasEntry(t, "/run/systemd/private") || hasEntry(t, "/run/dbus/system_bus_socket") {
			return Systemd
		}
		return ""
	case !isInit:
		return ""
	case hasEntry(t, "/run/openrc/softlevel"):
		return OpenRC
	case isPipe(t, "/run/initctl"), isPipe(t, "/dev/initctl"):
		return SysV // init(8) makes it
	case hasEntry(t, "/etc/inittab") && hasEntry(t, "/etc/init.d/rc"):
		return SysV // /run was mounted anew after the boot
	}
	return ""
}

// TreeInit returns the init system that a tree would boot with, by its /sbin/init. For a tree without that, such as the
// image of a container, it is the one whose programs are installed.
func TreeInit(t fsys.Files) string {
	switch init := findInit(t); {
	case init == "systemd":
		return Systemd
	case init == "openrc-init", hasOpenRC(t) && init != "":
		return OpenRC
	case init == "init" && hasEntry(t, "/etc/init.d"):
		return SysV
	case init != "":
		return ""
	case hasEntry(t, "/usr/lib/systemd/systemd"), hasEntry(t, "/lib/systemd/systemd"):
		return Systemd
	case hasOpenRC(t):
		return OpenRC
	case hasEntry(t, "/etc/inittab"):
		return SysV
	}
	return ""
}

// findInit returns the name of the program to which /sbin/init leads; "" if there is none.
func findInit(t fsys.Files) string {
	own, err := t.Stat("/sbin/init")
	if err != nil {
		return ""
	}
	for _, name := range [...]string{
		"/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/sbin/openrc-init", "/usr/sbin/openrc-init",
		"/bin/busybox", "/usr/bin/busybox", "/sbin/runit-init", "/usr/bin/runit-init", "/sbin/dinit", "/usr/bin/dinit",
	} {
		if info, err := t.Stat(name); err == nil && os.SameFile(own, info) {
			return path.Base(name)
		}
	}
	return "init"
}

func hasOpenRC(t fsys.Files) bool {
	return hasEntry(t, "/sbin/openrc") || hasEntry(t, "/usr/sbin/openrc") || hasEntry(t, "/usr/bin/openrc")
}

func isPipe(t fsys.Files, name string) bool {
	info, err := t.Stat(name)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// inChroot compares the root of the first process with ours, as systemctl does. Without /proc the result is true;
// without permission to read the first process, false.
func inChroot(first, own string) bool {
	a, err := os.Stat(first)
	if err != nil {
		return isMissing(err)
	}
	b, err := os.Stat(own)
	return err == nil && !os.SameFile(a, b)
}
