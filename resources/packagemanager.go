package resources

import "slices"

// Managers are the native package managers that a package may name.
func Managers() []string { return []string{"apt", "dnf", "pacman", "zypper", "apk"} }

// OwnManager is the package manager of a machine on which managers were found: that of its family of distributions
// (the fact os.family) if it is there, and otherwise the first. A machine without any counts as one of apt.
func OwnManager(managers []string, family string) string {
	if m := managerOf(family); m != "" && slices.Contains(managers, m) {
		return m
	}
	if len(managers) > 0 {
		return managers[0]
	}
	return "apt"
}

// managerOf is the package manager of a family of distributions; "" if it is not
// known.
func managerOf(family string) string {
	switch family {
	case "debian":
		return "apt"
	case "redhat", "fedora":
		return "dnf"
	case "suse":
		return "zypper"
	case "arch":
		return "pacman"
	case "alpine":
		return "apk"
	}
	return ""
}

// ownManager is OwnManager according to the facts that a manifest sees.
func ownManager(node any) string {
	facts, _ := node.(map[string]any)
	list, _ := facts["package_managers"].([]any)
	var managers []string
	for _, m := range list {
		if name, ok := m.(string); ok {
			managers = append(managers, name)
		}
	}
	os, _ := facts["os"].(map[string]any)
	family, _ := os["family"].(string)
	return OwnManager(managers, family)
}
