package repository

import (
	"path"
	"runtime"
	"strings"

	"converge/resources"
)

// expand replaces the variables of dnf or zypper in a URL by their values on this machine, if files contain them. A
// variable without a known value stays. If that makes the URL wrong, it leads nowhere, and a note reports that.
func (r *tree) expand(manager, url string) string {
	return resources.ExpandRPM(url, func(name string) (string, bool) {
		if value, ok := r.fileOfVariable(manager, name); ok {
			return value, true
		}
		value := ""
		switch name {
		case "arch", "basearch":
			value = rpmName(name)
		case "releasever", "releasever_major", "releasever_minor":
			release, set := r.fileOfVariable(manager, "releasever")
			if !set {
				release = r.releaseOf(manager)
			}
			major, minor, _ := strings.Cut(release, ".")
			value = map[string]string{"releasever": release, "releasever_major": major, "releasever_minor": minor}[name]
		}
		return value, value != ""
	})
}

// fileOfVariable reads the first line of the file that sets a variable, if there is one.
func (r *tree) fileOfVariable(manager, name string) (value string, ok bool) {
	folders := []string{"/etc/dnf/vars", "/etc/yum/vars"}
	if manager == "zypper" {
		folders = []string{"/etc/zypp/vars.d"}
	}
	for _, dir := range folders {
		text, err := r.readIfFile(path.Join(dir, name))
		if name != "" && err == nil && text != nil {
			value, _, _ = strings.Cut(string(text), "\n")
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// rpmName returns rpm's name for the machine's architecture, or for its family ("basearch").
func rpmName(kind string) string {
	switch runtime.GOARCH {
	case "386":
		return map[string]string{"basearch": "i386"}[kind] // the exact name depends on the processor
	case "arm":
		return ""
	}
	return machineName()
}

// releaseOf returns the value of $releasever: the first part of the version on relatives of Red Hat, the whole version
// on Fedora and SUSE, and "" if unknown.
func (r *tree) releaseOf(manager string) string {
	fields := map[string]string{}
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		text, err := r.readIfFile(file)
		if err != nil || text == nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			fields[name] = strings.Trim(value, `"'`)
		}
		break
	}
	version, id := fields["VERSION_ID"], fields["ID"]
	for _, like := range append(strings.Fields(fields["ID_LIKE"]), id) {
		if like == "rhel" || like == "centos" {
			version, _, _ = strings.Cut(version, ".")
			return version
		}
	}
	if manager == "zypper" || id == "fedora" {
		return version
	}
	return ""
}
