package facts

import (
	"os"
	"strings"

	"converge/internal/fsys"
)

func readPackageManagers(t fsys.Files) []string {
	found := []string{}
	for _, m := range [...]struct{ name, program string }{
		{"apt", "apt-get"}, {"dnf", "dnf"}, {"pacman", "pacman"}, {"zypper", "zypper"}, {"apk", "apk"},
	} {
		for _, dir := range [...]string{"/usr/bin/", "/sbin/"} {
			if hasEntry(t, dir+m.program) {
				found = append(found, m.name)
				break
			}
		}
	}
	return found
}

// readVirtualization uses systemd-detect-virt's sources as far as they are files: containers first, because they run
// inside the others.
func readVirtualization() Virtualization {
	if c := findContainer(); c != "" {
		return Virtualization{Type: c, Container: true}
	}
	var dmi []string
	for _, name := range [...]string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		dmi = append(dmi, readHead("/sys/class/dmi/id/"+name, 256))
	}
	if vm := vmOf(dmi); vm != "" {
		return Virtualization{Type: vm}
	}
	if t := strings.TrimSpace(readHead("/sys/hypervisor/type", 64)); t != "" {
		return Virtualization{Type: t}
	}
	if strings.Contains(" "+colonValue(readHead("/proc/cpuinfo", 4096), "flags")+" ", " hypervisor ") {
		return Virtualization{Type: "vm-other"}
	}
	return Virtualization{Type: "none"}
}

// InContainer reports whether this machine is a container.
func InContainer() bool { return findContainer() != "" }

func findContainer() string {
	if c := strings.TrimSpace(readHead("/run/systemd/container", 64)); c != "" {
		return c
	}
	for v := range strings.SplitSeq(readHead("/proc/1/environ", 64<<10), "\x00") {
		if c, ok := strings.CutPrefix(v, "container="); ok && c != "" {
			return c
		}
	}
	if strings.Contains(readHead("/proc/sys/kernel/osrelease", 256), "icrosoft") {
		return "wsl"
	}
	for _, mark := range [...]struct{ path, name string }{{"/run/.containerenv", "podman"}, {"/.dockerenv", "docker"}} {
		if _, err := os.Stat(mark.path); err == nil {
			return mark.name
		}
	}
	return ""
}

// vmOf recognizes the strings that hypervisors put into DMI tables.
func vmOf(dmi []string) string {
	for _, s := range dmi {
		s = strings.TrimSpace(s)
		for _, v := range [...]struct{ prefix, name string }{
			{"KVM", "kvm"},
			{"OpenStack", "kvm"},
			{"Amazon EC2", "amazon"},
			{"Google Compute Engine", "google"},
			{"QEMU", "qemu"},
			{"VMware", "vmware"},
			{"VMW", "vmware"},
			{"innotek GmbH", "oracle"},
			{"VirtualBox", "oracle"},
			{"Xen", "xen"},
			{"Bochs", "bochs"},
			{"Parallels", "parallels"},
			{"BHYVE", "bhyve"},
			{"Hyper-V", "microsoft"},
			{"Virtual Machine", "microsoft"},
			{"Apple Virtualization", "apple"},
		} {
			if strings.HasPrefix(s, v.prefix) {
				return v.name
			}
		}
	}
	return ""
}
