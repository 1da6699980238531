package resources

import (
	"path"
	"strings"

	"converge/internal/resource"
)

// UnitDirs are the folders of unit files of systemd.unit(5), in order of precedence, without those of generators.
func UnitDirs() []string {
	return []string{
		"/etc/systemd/system.control", "/run/systemd/system.control", "/etc/systemd/system", "/etc/systemd/system.attached",
		"/run/systemd/system", "/run/systemd/system.attached",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	}
}

// isDropIn reports whether the file of a unit only adds to it.
func isDropIn(p string) bool {
	dir := path.Dir(p)
	return strings.HasSuffix(dir, ".d") && dir != "/etc/init.d"
}

// UnitOf names the unit that a file defines or adds to: a systemd unit or a drop-in of one, a sysv or OpenRC script or
// the settings of one, an upstart job, a file of podman's from which a unit is generated; "" if none.
func UnitOf(p string) string {
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
	case dir == "/etc/init.d", dir == "/etc/conf.d":
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

// quadletUnit names the unit that podman's generator makes from a file, see podman-systemd.unit(5); "" if it makes
// none.
func quadletUnit(name string) string {
	ext := path.Ext(name)
	base := strings.TrimSuffix(name, ext)
	switch ext {
	case ".container", ".kube":
		return base + ".service"
	case ".volume", ".network", ".pod", ".image", ".build":
		return base + "-" + ext[1:] + ".service"
	}
	return ""
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
func isUnit(name string) bool { return isUnitType(strings.TrimPrefix(path.Ext(name), ".")) }

// unitAlias returns the names by which a link in a folder of unit files makes unit an alias of another unit: the link
// leads to a file with another name and the same type, also in such a folder. A file elsewhere makes a unit of its
// own.
func unitAlias(unit, target string) map[string]string {
	to := path.Base(target)
	dir := path.Dir(target)
	if target == "" || unit == to || path.Ext(unit) != path.Ext(to) || dir != "." && !strings.HasSuffix(dir, "/systemd/system") {
		return nil
	}
	return map[string]string{"unit:" + unit: "unit:" + to, "gone unit:" + unit: "gone unit:" + to, "service:" + unit: "service:" + to}
}
