package resources

import (
	"path"
	"strings"

	"converge/internal/resource"
)

// UnitOf names the unit whose file or drop-in lies at a path; "" if none does.
func UnitOf(p string) string { return unitOf(p) }

// isDropIn reports whether a path that is of a unit only adds to it.
func isDropIn(p string) bool {
	dir := path.Dir(p)
	return strings.HasSuffix(dir, ".d") && dir != "/etc/init.d"
}

// unitOf names the unit that a file defines or adds to: a systemd unit or a
// drop-in of one, a sysv or OpenRC script, an upstart job, a file of podman's
// that a unit is made of; "" if none.
func unitOf(p string) string {
	dir, name := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	switch {
	case strings.HasSuffix(dir, "/systemd/system"):
		if isUnit(name) {
			return name
		}
	case strings.HasSuffix(path.Dir(dir), "/systemd/system") && strings.HasSuffix(dir, ".d"):
		if unit := strings.TrimSuffix(path.Base(dir), ".d"); isUnit(unit) && strings.HasSuffix(name, ".conf") {
			return unit
		}
	case dir == "/etc/init.d":
		return name + ".service"
	case dir == "/etc/init" && strings.HasSuffix(name, ".conf"):
		return strings.TrimSuffix(name, ".conf") + ".service"
	case strings.HasSuffix(dir, "/containers/systemd"):
		return quadletUnit(name)
	case strings.HasSuffix(path.Dir(dir), "/containers/systemd") && strings.HasSuffix(dir, ".d") && strings.HasSuffix(name, ".conf"):
		return quadletUnit(strings.TrimSuffix(path.Base(dir), ".d"))
	}
	return ""
}

// quadletUnit names the unit that podman's generator makes of a file, see
// podman-systemd.unit(5); "" if it makes none.
func quadletUnit(name string) string {
	base, ext, _ := cutLast(name, ".")
	switch ext {
	case "container", "kube":
		return base + ".service"
	case "volume", "network", "pod", "image", "build":
		return base + "-" + ext + ".service"
	}
	return ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// generatedFrom returns the files from which a generator of systemd makes the
// unit: fstab for mounts and swaps, crypttab for encrypted devices.
func generatedFrom(u UnitName) []resource.Need {
	switch {
	case u.Type == "mount", u.Type == "automount", u.Type == "swap":
		return []resource.Need{{Key: "path:/etc/fstab", Reason: "its unit may be made of it"}}
	case u.Prefix == "systemd-cryptsetup":
		return []resource.Need{{Key: "path:/etc/crypttab", Reason: "its unit is made of it"}}
	}
	return nil
}

// isUnit reports whether name has one of the suffixes of systemd.unit(5).
func isUnit(name string) bool {
	switch path.Ext(name) {
	case ".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap", ".target", ".slice", ".scope", ".device":
		return true
	}
	return false
}
