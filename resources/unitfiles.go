package resources

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/coreos/go-systemd/v22/unit"

	"converge/internal/resource"
)

// isDropIn reports whether a path that is of a unit only adds to it.
func isDropIn(p string) bool {
	dir := path.Dir(p)
	return strings.HasSuffix(dir, ".d") && dir != "/etc/init.d"
}

// UnitOf names the unit that a file defines or adds to: a systemd unit or a
// drop-in of one, a sysv or OpenRC script, an upstart job, a file of podman's
// that a unit is made of; "" if none.
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

// unitAlias returns the names by which a link in a folder of unit files makes
// unit an alias of another unit: the link leads to a file of another name, and of
// the same type, in such a folder too. A file elsewhere makes a unit of its own.
func unitAlias(unit, target string) map[string]string {
	to := path.Base(target)
	dir := path.Dir(target)
	if target == "" || unit == to || path.Ext(unit) != path.Ext(to) || dir != "." && !strings.HasSuffix(dir, "/systemd/system") {
		return nil
	}
	return map[string]string{"unit:" + unit: "unit:" + to, "gone unit:" + unit: "gone unit:" + to, "service:" + unit: "service:" + to}
}

// UnitName is the name of a systemd unit, taken apart: PREFIX[@INSTANCE].TYPE.
// The rules are those of systemd.unit(5).
type UnitName struct {
	Prefix   string // "nginx", "getty"
	Instance string // "tty1"; empty for a plain unit and for a template
	Template bool   // "getty@.service": instances are made of it, it never runs itself
	Type     string // "service", "timer", …
}

// maxUnitName is the longest name of a unit, in bytes.
const maxUnitName = 255

// ParseUnitName reads a name as systemctl does: without a known type at its
// end it is a service. The error is a clause without subject.
func ParseUnitName(s string) (UnitName, error) {
	if strings.HasPrefix(s, "/") {
		return UnitName{}, fmt.Errorf("must be the name of a unit, not a path: what is mounted there is %q", unit.UnitNamePathEscape(s)+".mount")
	}
	u := UnitName{Prefix: s, Type: "service"}
	if dot := strings.LastIndexByte(s, '.'); dot >= 0 && isUnitType(s[dot+1:]) {
		u.Prefix, u.Type = s[:dot], s[dot+1:]
	}
	prefix, instance, at := strings.Cut(u.Prefix, "@")
	u.Prefix, u.Instance, u.Template = prefix, instance, at && instance == ""
	if u.Prefix == "" {
		return UnitName{}, errors.New("must have something before the \"@\" or the type")
	}
	if strings.ContainsFunc(prefix+instance, notInUnitName) {
		fixed := u
		fixed.Prefix, fixed.Instance = escapeUnit(prefix), escapeUnit(instance)
		return UnitName{}, fmt.Errorf("must hold only letters, digits and :-_.\\@, others escaped: %s", fixed)
	}
	if full := u.String(); len(full) > maxUnitName {
		return UnitName{}, fmt.Errorf("must have at most %d bytes, and has %d", maxUnitName, len(full))
	}
	return u, nil
}

// String is the full name, type included.
func (u UnitName) String() string {
	if u.Template || u.Instance != "" {
		return u.Prefix + "@" + u.Instance + "." + u.Type
	}
	return u.Prefix + "." + u.Type
}

// TemplateName is the name of the template that an instance is made of; empty
// for other units.
func (u UnitName) TemplateName() string {
	if u.Instance == "" {
		return ""
	}
	return u.Prefix + "@." + u.Type
}

// Triggers is the name of the service that a timer, socket or path unit starts
// unless its file names another; empty for other units.
func (u UnitName) Triggers() string {
	switch u.Type {
	case "timer", "socket", "path":
		u.Type = "service"
		return u.String()
	}
	return ""
}

func isUnitType(s string) bool {
	switch s {
	case "service", "socket", "target", "device", "mount", "automount", "swap", "timer", "path", "slice", "scope":
		return true
	}
	return false
}

func notInUnitName(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune(`:-_.\@`, r)
}

// escapeUnit escapes what a unit's name must not contain and keeps the rest,
// backslashes of earlier escapes included.
func escapeUnit(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; notInUnitName(rune(c)) {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
