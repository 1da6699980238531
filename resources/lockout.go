package resources

import (
	"slices"
	"strings"
)

// MayLockOut reports whether a mistake in a file, given by its path, takes effect at once and may keep everybody from
// becoming root, even to correct it: the rules of sudo, PAM, and the lookup of accounts and libraries (sudoers(5),
// pam.conf(5), nsswitch.conf(5), ld.so(8)).
func MayLockOut(path string) bool {
	if slices.Contains([]string{"/etc/sudoers", "/etc/pam.conf", "/etc/nsswitch.conf", "/etc/ld.so.preload"}, path) {
		return true
	}
	return strings.HasPrefix(path, "/etc/sudoers.d/") || strings.HasPrefix(path, "/etc/pam.d/") || strings.HasPrefix(path, "/etc/security/")
}
