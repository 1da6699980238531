package resources

import (
	"bytes"
	"path"
	"strings"

	"converge/internal/resource"
)

// BootSetting is a value that a resource makes a file of sysctl.d set at boot.
type BootSetting struct {
	Key   string // in the kernel's form, below /proc/sys
	Value string
	File  string
}

// BootSettings returns the values that a resource sets in files of sysctl.d: as a whole file, as a part of one, or as
// a parameter. A pattern there gives way to any setting by name.
func BootSettings(r *resource.Resource) (out []BootSetting) {
	if !r.IsEnforced() || r.WantsAbsent() {
		return nil
	}
	if r.Kind.Name == "sysctl" {
		w := resource.Must[SysctlWant](r.Want)
		if w.Value.Set {
			out = append(out, BootSetting{SysctlPath(w.Key), w.Value.Value, w.Path()})
		}
		return out
	}
	if file, _, isPart := resource.CutPartKey(r.Key); isPart && isSysctlFile(file) {
		made, _, _ := makeParts(nil, certainParts(NewFiles(nil), r, false)[file])
		return parseSysctls(file, made)
	}
	file, isPath := strings.CutPrefix(r.Key, "path:")
	if !isPath || !isSysctlFile(file) || r.Kind.Name == "link" { // the usual case
		return nil
	}
	contents := r.Kind.Contents(r.Want)
	if len(contents) == 0 {
		return nil
	}
	text, err := contentText(contents[0])
	if err != nil { // it has to be fetched
		return nil
	}
	return parseSysctls(file, []byte(text))
}

// Overrides reports whether a setting is made at boot after that of another file, and gives the parameter another
// value. Of several files with one name, only the one in the first folder is read. conf is the name under which
// sysctl.conf is read.
func (b BootSetting) Overrides(other BootSetting, conf string) bool {
	return b.Key == other.Key && bootName(b.File, conf) > bootName(other.File, conf) && !IsSameSysctl(b.Value, other.Value)
}

// sysctlConf is the file that sysctl --system of procps reads after all others, and that systemd only reads through a
// link.
const sysctlConf = "/etc/sysctl.conf"

// bootName returns the name that orders a file among those that are read at boot; "": it is not read.
func bootName(file, conf string) string {
	if file == sysctlConf {
		return conf
	}
	return path.Base(file)
}

// IsAtBoot reports whether a resource declares a file that is read at boot for parameters, or a part of one.
func IsAtBoot(r *resource.Resource) bool {
	file, isPart := bootFile(r)
	return isSysctlFile(file) && (isPart || strings.HasPrefix(r.Key, "path:"))
}

// bootFile returns the file that a resource declares, in whole or in part.
func bootFile(r *resource.Resource) (file string, isPart bool) {
	if file, _, isPart = resource.CutPartKey(r.Key); isPart {
		return file, true
	}
	file, _ = strings.CutPrefix(r.Key, "path:")
	return file, false
}

// TakesBootSetting returns the file in which a resource removes a value that is set at boot; "": none. conf is the
// name under which sysctl.conf is read.
func TakesBootSetting(read Reader, r *resource.Resource, key, value, conf string) (file string) {
	if file, _ = bootFile(r); !r.IsEnforced() || bootName(file, conf) == "" {
		return ""
	}
	if file, _ = bootFile(r); !IsAtBoot(r) || !setsAtBoot(file, read.content(file), key, value) {
		return ""
	}
	after, isKnown := fileAfter(read, file, r)
	if !isKnown || setsAtBoot(file, after, key, value) {
		return ""
	}
	return file
}

// fileAfter returns the content of a file after a resource has made it, or its part of it.
func fileAfter(read Reader, file string, r *resource.Resource) (after []byte, isKnown bool) {
	if _, isPart := bootFile(r); isPart {
		parts := certainParts(NewFiles(read), r, true)[file]
		if after, isKnown = comeBack(read.content(file), parts); isKnown {
			return after, true
		}
		after, parts, _ = makeParts(read.content(file), inPlace(parts))
		return after, len(parts) > 0
	}
	if r.WantsAbsent() || r.Kind.Name == "link" {
		return nil, true
	}
	contents := r.Kind.Contents(r.Want)
	if len(contents) == 0 { // only its mode is declared
		return nil, false
	}
	text, err := contentText(contents[0])
	return []byte(text), err == nil
}

// setsAtBoot reports whether the last setting of a parameter in a file has a value.
func setsAtBoot(file string, text []byte, key, value string) (is bool) {
	for _, s := range parseSysctls(file, text) {
		if s.Key == key {
			is = IsSameSysctl(s.Value, value)
		}
	}
	return is
}

// isSysctlFile reports whether a file is read at boot for parameters; see sysctl.d(5).
func isSysctlFile(file string) bool {
	return file == sysctlConf || path.Base(path.Dir(file)) == "sysctl.d" && strings.HasSuffix(file, ".conf")
}

func parseSysctls(file string, text []byte) (out []BootSetting) {
	for line := range bytes.Lines(text) {
		l := strings.TrimSpace(string(line))
		if l == "" || l[0] == '#' || l[0] == ';' {
			continue
		}
		key, value, assigns := strings.Cut(l, "=")
		key = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(key), "-"))
		if assigns && key != "" && !strings.ContainsAny(key, `*?[\`) {
			out = append(out, BootSetting{SysctlPath(key), strings.TrimSpace(value), file})
		}
	}
	return out
}
