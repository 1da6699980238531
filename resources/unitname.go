package resources

import (
	"errors"
	"fmt"
	"strings"

	"github.com/coreos/go-systemd/v22/unit"
)

// UnitName is a parsed name of a systemd unit: PREFIX[@INSTANCE].TYPE. The rules are those of systemd.unit(5).
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

// TemplateName is the name of an instance's template; empty for other units.
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

// escapeUnit escapes what a unit's name must not contain and keeps the rest, backslashes of earlier escapes included.
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
