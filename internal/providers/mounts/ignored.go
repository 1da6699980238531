package mounts

import (
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"

	"converge/internal/edit"
	"converge/internal/fsys"
)

// ignored returns the options that a remount has not changed although the kernel shows them as they are given: many
// file systems ignore options at a remount that they accept at a mount.
func ignored(tree *fsys.FS, before, after *mountinfo.Info, options string) (out []string) {
	had, have := effectiveOptions(before), effectiveOptions(after)
	for _, o := range edit.SplitOptions(options) {
		name, _, _ := strings.Cut(o, "=")
		isNumber := name == "uid" || name == "gid"
		if isShownAsGiven(after.FSType, o) && !slices.Contains(have, o) && !isValueMet(after, have, o) && shownValue(had, name) == shownValue(have, name) && !(isNumber && mapsUsers(tree)) {
			out = append(out, o)
		}
	}
	return out
}

// willIgnore returns the options that the file system of a mount is known to ignore at a remount.
func willIgnore(tree *fsys.FS, live *mountinfo.Info, options string) (out []string) {
	if !slices.Contains([]string{"tmpfs", "hugetlbfs", "ramfs", "vfat"}, live.FSType) {
		return nil
	}
	return ignored(tree, live, live, options)
}

// mapsUsers reports whether the kernel shows other numbers of users than the given ones.
func mapsUsers(tree *fsys.FS) bool {
	text, err := tree.ReadFile("/proc/self/uid_map", 1<<16)
	return err == nil && !slices.Equal(strings.Fields(string(text)), []string{"0", "0", "4294967295"})
}

// isShownAsGiven reports whether a file system shows the value of an option as it is given, so that another value
// means that the option did not take effect.
func isShownAsGiven(fstype, option string) bool {
	name, value, _ := strings.Cut(option, "=")
	base, most := 8, uint64(0o1777)
	switch name {
	case "uid", "gid":
		base, most = 10, 1<<32-2
	case "fmask", "dmask":
		most = 0o777
	}
	n, err := strconv.ParseUint(value, base, 32)
	if err != nil || n > most || base == 10 && strconv.FormatUint(n, base) != value {
		return false
	}
	return slices.Contains(map[string][]string{
		"tmpfs": {"uid", "gid", "mode"}, "hugetlbfs": {"uid", "gid", "mode"}, "devpts": {"uid", "gid", "mode"}, "ramfs": {"mode"}, "vfat": {"uid", "gid", "fmask", "dmask"},
	}[fstype], name)
}

// isUnshownDefault reports whether a file system does not show an option with that value.
func isUnshownDefault(fstype, name, value string) bool {
	switch {
	case fstype == "tmpfs" && name == "size": // half of the memory, which the kernel rounds down
		size, ok := parseSize(value)
		half := pages(totalMemory()) / 2
		return ok && (pages(size) == half || pages(size) == half+1)
	case !isShownAsGiven(fstype, name+"="+value):
		return false
	case name == "uid" || name == "gid":
		return value == "0"
	case name != "mode":
		return false
	}
	n, _ := strconv.ParseUint(value, 8, 32)
	return n == map[string]uint64{"tmpfs": 0o1777, "hugetlbfs": 0o755, "ramfs": 0o755}[fstype]
}

// shownValue returns the value of an option; "": it is not shown.
func shownValue(options []string, name string) string {
	for _, o := range options {
		if value, ok := strings.CutPrefix(o, name+"="); ok {
			return value
		}
	}
	return ""
}
