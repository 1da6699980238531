package resources

import (
	"slices"
	"strings"
)

// IsMountFlag reports whether the kernel shows an option for every file system in the same words, so that it can
// always be checked.
func IsMountFlag(option string) bool {
	return slices.Contains([]string{
		"ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "sync", "async", "dirsync",
		"noatime", "atime", "relatime", "strictatime", "nodiratime", "diratime", "nosymfollow", "symfollow", "lazytime", "nolazytime",
	}, option)
}

// KeptMountFlags are the flags of a live mount that a remount would drop unless it names them, because no wanted
// option decides on them.
func KeptMountFlags(live, want []string) (kept []string) {
	decided := map[string]bool{}
	for _, o := range want {
		decided[flagFamily(o)] = true
	}
	for _, o := range live {
		if IsMountFlag(o) && o != "rw" && o != "relatime" && !decided[flagFamily(o)] { // the defaults, without any option
			kept = append(kept, o)
		}
	}
	return kept
}

// flagFamily names flags that exclude each other.
func flagFamily(option string) string {
	switch option {
	case "ro", "rw":
		return "rw"
	case "sync", "async":
		return "sync"
	case "atime", "noatime", "relatime", "strictatime":
		return "atime"
	}
	return strings.TrimPrefix(option, "no")
}

// DroppedOptions are the options of a line on which none of the declared ones decides.
func DroppedOptions(line, declared []string) (dropped []string) {
	for _, o := range line {
		name, _, _ := strings.Cut(o, "=")
		isIt := func(d string) bool { return d == name || strings.HasPrefix(d, name+"=") }
		if !slices.ContainsFunc(declared, isIt) && (!IsMountFlag(o) || len(KeptMountFlags([]string{o}, declared)) > 0) {
			dropped = append(dropped, o)
		}
	}
	return dropped
}
