package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/resource"
)

// generatorDirs returns the folders of systemd.generator(7), in order of precedence.
func generatorDirs() []string {
	return []string{
		"/run/systemd/system-generators", "/etc/systemd/system-generators",
		"/usr/local/lib/systemd/system-generators", "/usr/lib/systemd/system-generators", "/lib/systemd/system-generators",
	}
}

// generatorSources are the files and folders that the generators of systemd, cloud-init, netplan, LVM and podman are
// known to read: fstab, crypttab and their kin, init scripts and their links, and podman's quadlets.
func generatorSources() []string {
	return []string{
		"/etc/fstab", "/etc/crypttab", "/etc/veritytab", "/etc/integritytab", "/etc/rc.local",
		"/etc/init.d", "/etc/rcS.d", "/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d",
		"/etc/containers/systemd", "/usr/share/containers/systemd", "/run/containers/systemd",
		"/etc/cloud", "/etc/netplan", "/etc/lvm/lvm.conf",
	}
}

// isKnownGenerator reports whether generatorSources contains all inputs of a generator that a run can change.
func isKnownGenerator(name string) bool {
	switch name {
	case "cloud-init-generator", "podman-system-generator", "netplan", "lvm2-activation-generator", "snapd-generator":
		return true
	}
	return strings.HasPrefix(name, "systemd-")
}

// Derives reports from which of the changes generators may make a unit.
func (p *Provider) Derives(cs []resource.Change) []bool {
	if !p.machine.isLive() {
		return make([]bool, len(cs)) // no generator runs there
	}
	return markDerived(cs, hasUnknownGenerator(generatorDirs()))
}

// markDerived determines from which of the changes generators may make a unit: changes of their known inputs, and of
// any file if there is a generator with unknown inputs, or the changes add one.
func markDerived(cs []resource.Change, unknown bool) []bool {
	unknown = unknown || slices.ContainsFunc(cs, func(c resource.Change) bool {
		dir, name := filepath.Split(c.Path())
		return slices.Contains(generatorDirs(), filepath.Clean(dir)) && !isKnownGenerator(name)
	})
	out := make([]bool, len(cs))
	for i, c := range cs {
		path := c.Path()
		out[i] = path != "" && (unknown || isGeneratorSource(path))
	}
	return out
}

// isGeneratorSource reports whether a path is, or is in, one of generatorSources.
func isGeneratorSource(path string) bool {
	return slices.ContainsFunc(generatorSources(), func(source string) bool {
		return path == source || strings.HasPrefix(path, source+"/")
	})
}

// hasUnknownGenerator reports whether the folders contain a generator with unknown inputs.
func hasUnknownGenerator(dirs []string) bool {
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // it does not exist
		}
		for _, e := range entries {
			if isKnownGenerator(e.Name()) {
				continue
			}
			// A masked one, or one that is not a program, does not run.
			fi, err := os.Stat(filepath.Join(dir, e.Name()))
			if err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 && fi.Size() > 0 {
				return true
			}
		}
	}
	return false
}
