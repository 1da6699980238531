package resources

import (
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// DropInFile returns the drop-in that a resource declares, in whole or in part, and its owner (see [DropInNames]); "":
// none.
func DropInFile(r *resource.Resource) (file, of string) {
	if file, _ = bootFile(r); !r.IsEnforced() {
		return "", ""
	}
	return file, cutDropIn(file)
}

// cutDropIn returns the owner of a drop-in by its file; "": it is not a drop-in.
func cutDropIn(file string) string {
	dir := path.Dir(file)
	of, isDropIn := strings.CutSuffix(path.Base(dir), ".d")
	if !isDropIn || path.Ext(file) != ".conf" || !slices.Contains(UnitDirs(), path.Dir(dir)) {
		return ""
	}
	return of
}

// DropInNames lists the names that have drop-ins for the unit of a file, each with .d in the name of a folder: the
// unit's own name, those of its template and of the beginnings of its name, and its type. For a drop-in of many units
// it returns only their common name.
func DropInNames(file string) []string {
	unit := UnitOf(file)
	if path.Ext(unit) == "" {
		return []string{cutDropIn(file)}
	}
	names, typ := []string{unit}, path.Ext(unit)
	name, instance, isTemplate := strings.Cut(strings.TrimSuffix(unit, typ), "@")
	add := func(of string) {
		if !slices.Contains(names, of) {
			names = append(names, of)
		}
	}
	if isTemplate {
		add(name + "@" + typ)
	}
	for at := strings.LastIndex(strings.TrimSuffix(name, "-"), "-"); at > 0; at = strings.LastIndex(name[:at], "-") {
		if isTemplate {
			add(name[:at+1] + "@" + instance + typ)
			add(name[:at+1] + "@" + typ)
		}
		add(name[:at+1] + typ)
	}
	add(typ[1:])
	return names
}

// OverridesUnit names the setting of a unit file that a drop-in overrides once a resource has made it, because the
// drop-in is read later or instead of the file; "": none.
func OverridesUnit(read Reader, file, dropIn string, r *resource.Resource) (key string) {
	isHidden := isDropIn(file) && path.Base(dropIn) == path.Base(file)
	if file == dropIn || isDropIn(file) && path.Base(dropIn) < path.Base(file) || isHidden && !isBefore(dropIn, file) {
		return ""
	}
	text, isKnown := fileAfter(read, dropIn, r)
	if !isKnown {
		return ""
	}
	unit, over := readUnitSettings(read.content(file)), readUnitSettings(text)
	order := over.order
	if isHidden {
		order = unit.order
	}
	for _, o := range order {
		name := o.group()
		was, more := settle(nil, unit.values[name]), over.values[name]
		if isHidden { // as if the file were empty
			more = slices.Concat([]string{""}, more)
		}
		if len(was) > 0 && !keepsValues(name, was, more) {
			return o.key
		}
	}
	return ""
}

// isBefore reports whether systemd reads the first of two drop-ins with one name: folders for all units of a type come
// last; otherwise the stronger folder comes first, and in it the longer name of units.
func isBefore(dropIn, other string) bool {
	rank := func(file string) []int {
		dir := path.Dir(file)
		of, last := strings.TrimSuffix(path.Base(dir), ".d"), 0
		if !strings.Contains(of, ".") {
			last = 1
		}
		return []int{last, slices.Index(UnitDirs(), path.Dir(dir)), -len(of)}
	}
	return slices.Compare(rank(dropIn), rank(other)) < 0
}

// unitKey is a key of a section of a unit file.
type unitKey struct{ section, key string }

// group is the key for comparing assignments: all keys that trigger a timer form one list.
func (k unitKey) group() unitKey {
	if k.section == "Timer" && isTrigger(k.key) {
		return unitKey{k.section, "On"}
	}
	return k
}

// isTrigger reports whether a key of a timer defines when it elapses. An empty value of any of these resets them all.
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
	if err != nil { // systemd reports what is wrong with it
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

// settle returns the effective values after others: an empty one resets all before it.
func settle(before, values []string) []string {
	last := slices.Clone(before)
	for _, value := range values {
		if last = append(last, value); value == "" {
			last = nil
		}
	}
	return last
}

// keepsValues reports whether the values of a key stay in force after a drop-in has added more. systemd accumulates
// most values over all files, so that only a reset removes them, except for commands and timer triggers.
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

// sameUnitValue reports whether two values are the same word, or the same boolean.
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
