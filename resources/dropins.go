package resources

import (
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// DropInFile returns the drop-in that a resource is, or is a part of, and the unit that it adds to; "": it is none.
func DropInFile(r *resource.Resource) (file, unit string) {
	file, _ = bootFile(r)
	if !r.IsEnforced() || !isDropIn(file) || !strings.Contains(file, "/systemd/system/") {
		return "", ""
	}
	return file, UnitOf(file)
}

// OverridesUnit names the setting of a unit file that a drop-in makes another one once a resource has it as it wants; "": none, or the
// drop-in is not read after the file.
func OverridesUnit(read Reader, file, dropIn string, r *resource.Resource) (key string) {
	if file == dropIn || isDropIn(file) && path.Base(dropIn) <= path.Base(file) {
		return ""
	}
	text, isKnown := fileAfter(read, dropIn, r)
	if !isKnown {
		return ""
	}
	unit, over := readUnitSettings(read.content(file)), readUnitSettings(text)
	for _, o := range over.order {
		name := o.group()
		if was := settle(nil, unit.values[name]); len(was) > 0 && !keepsValues(name, was, over.values[name]) {
			return o.key
		}
	}
	return ""
}

// unitKey is a key of a section of a unit file.
type unitKey struct{ section, key string }

// group is the key by which assignments are compared: all that make a timer elapse are one list.
func (k unitKey) group() unitKey {
	if k.section == "Timer" && isTrigger(k.key) {
		return unitKey{k.section, "On"}
	}
	return k
}

// isTrigger reports whether a key of a timer says when it elapses. An empty value of any of these resets them all.
func isTrigger(key string) bool {
	return key == "OnCalendar" || strings.HasPrefix(key, "On") && strings.HasSuffix(key, "Sec")
}

// unitSettings are the assignments of a unit file.
type unitSettings struct {
	order  []unitKey
	values map[unitKey][]string // by group
}

func readUnitSettings(text []byte) unitSettings {
	s := unitSettings{values: map[unitKey][]string{}}
	options, err := ReadUnitOptions(text)
	if err != nil { // systemd says what is wrong with it
		return s
	}
	for _, o := range options {
		k, value := unitKey{o.Section, o.Name}, strings.TrimSpace(o.Value)
		if isTrigger(o.Name) && value != "" {
			value = o.Name + "=" + value
		}
		s.order = append(s.order, k)
		s.values[k.group()] = append(s.values[k.group()], value)
	}
	return s
}

// settle returns the values that count after others: an empty one resets all before it.
func settle(before, values []string) []string {
	last := slices.Clone(before)
	for _, value := range values {
		if last = append(last, value); value == "" {
			last = nil
		}
	}
	return last
}

// keepsValues reports whether the values that a key was given are in force once a drop-in has given it more. Of what systemd gathers
// from all files only what is reset is lost, but for commands and what makes a timer elapse.
func keepsValues(key unitKey, was, more []string) bool {
	now := settle(was, more)
	switch {
	case isCounted(key):
		return slices.Equal(was, now)
	case isSingle(key):
		return len(now) > 0 && sameUnitValue(now[len(now)-1], was[len(was)-1])
	}
	return !slices.ContainsFunc(was, func(value string) bool { return !slices.Contains(now, value) })
}

// isCounted reports whether each value of a key counts, in order.
func isCounted(key unitKey) bool { return key.key == "On" || strings.HasPrefix(key.key, "Exec") }

// isSingle reports whether the last value of a key is the only one that counts.
func isSingle(key unitKey) bool {
	const keys = " Persistent RandomizedDelaySec FixedRandomDelay AccuracySec RemainAfterElapse WakeSystem Unit " +
		"User Group DynamicUser Type Restart RestartSec RemainAfterExit WorkingDirectory RootDirectory UMask KillMode TimeoutStartSec TimeoutStopSec " +
		"NoNewPrivileges PrivateTmp PrivateDevices PrivateNetwork ProtectSystem ProtectHome Accept Where What Options "
	return strings.Contains(keys, " "+key.key+" ")
}

// sameUnitValue reports whether two values are the same word, or the same answer to yes or no.
func sameUnitValue(a, b string) bool {
	answer := func(s string) string {
		switch strings.ToLower(s) {
		case "yes", "true", "on", "1", "y", "t":
			return "yes"
		case "no", "false", "off", "0", "n", "f":
			return "no"
		}
		return s
	}
	return answer(a) == answer(b)
}
