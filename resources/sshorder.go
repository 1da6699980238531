package resources

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// sshFile is a configuration of ssh or sshd, and a file that it may include.
type sshFile struct {
	main     string
	isServer bool
}

// readSSHFile returns the configuration that a file belongs to; false: none.
func readSSHFile(file string) (sshFile, bool) {
	for _, main := range [...]string{"/etc/ssh/sshd_config", "/etc/ssh/ssh_config"} {
		if file == main || path.Dir(file) == main+".d" {
			return sshFile{main, strings.HasSuffix(main, "sshd_config")}, true
		}
	}
	return sshFile{}, false
}

// IsSSHConfig reports whether a file is a configuration of ssh or sshd, or one of its fragments.
func IsSSHConfig(file string) bool {
	_, is := readSSHFile(file)
	return is
}

// SSHFile returns the configuration of ssh that a resource declares, in whole or in part; "": none.
func SSHFile(r *resource.Resource) string {
	if file, _ := bootFile(r); r.IsEnforced() && IsSSHConfig(file) {
		return file
	}
	return ""
}

// OverriddenKeys are keys of a configuration of ssh that are no longer effective.
type OverriddenKeys []edit.Statement

// Find names the first of the keys that a setting concerns; nil: it concerns all. "": none.
func (k OverriddenKeys) Find(setting *resource.Resource) string {
	for _, s := range k {
		if setting == nil || isStatementOf(setting, s) {
			return s.Name
		}
	}
	return ""
}

// OverriddenSSH returns the keys of a file that are no longer effective once a resource has made its own file: ssh and
// sshd use the first value that they read.
func OverriddenSSH(read Reader, file string, r *resource.Resource) (out OverriddenKeys) {
	own, _ := bootFile(r)
	of, isSSH := readSSHFile(file)
	with, isAlsoSSH := readSSHFile(own)
	if !isSSH || !isAlsoSSH || of != with {
		return nil
	}
	after, isKnown := fileAfter(read, own, r)
	if !isKnown || bytes.Equal(after, read.content(own)) {
		return nil
	}
	then := func(name string) []byte {
		if name == own {
			return after
		}
		return read.content(name)
	}
	was, now := of.sequence(read, file, own), of.sequence(then, file, own)
	for _, s := range sshStatements(read.content(file)) {
		if addsUpSSH(s.Name) {
			continue
		}
		if counts := of.effective(was, s); counts == s.Value && of.effective(now, s) != counts {
			out = append(out, s)
		}
	}
	return out
}

func sshStatements(src []byte) []edit.Statement { return edit.Statements(src, edit.Space, edit.SSH) }

// isStatementOf reports whether a setting concerns a key.
func isStatementOf(r *resource.Resource, s edit.Statement) bool {
	w := resource.Must[SettingWant](r.Want)
	section, key := edit.SSH.OneName(edit.Space, resource.DecodeBytes(w.Section.Value), resource.DecodeBytes(w.Key))
	return section == s.Section && key == s.Name
}

// addsUpSSH reports whether all values of a key count, or each has a name of its own.
func addsUpSSH(name string) bool {
	return slices.Contains([]string{
		"acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers", "hostkey", "hostcertificate", "listenaddress", "port", "subsystem", "setenv", "include",
		"certificatefile", "dynamicforward", "identityfile", "localforward", "remoteforward", "sendenv",
	}, name)
}

// sequence returns the keys of the main file in reading order, with those of the files that it includes at these
// places, restricted to some files.
func (f sshFile) sequence(read Reader, files ...string) (out []edit.Statement) {
	slices.Sort(files)
	files = slices.Compact(files)
	for _, s := range sshStatements(read.content(f.main)) {
		if s.Name != "include" {
			out = append(out, s)
			continue
		}
		for pattern := range strings.FieldsSeq(s.Value) {
			pattern = strings.Trim(pattern, `"`)
			if !path.IsAbs(pattern) {
				pattern = path.Join("/etc/ssh", pattern)
			}
			for _, file := range files {
				if fits, err := path.Match(pattern, file); err != nil || !fits || file == f.main {
					continue
				}
				for _, in := range sshStatements(read.content(file)) {
					if in.Section == "" { // the include itself may be in a section
						in.Section = s.Section
					}
					out = append(out, in)
				}
			}
		}
	}
	return out
}

// effective returns the effective value of a key in the section of a statement. sshd puts what is for all before what
// is for none in particular, and ssh uses the first of both.
func (f sshFile) effective(all []edit.Statement, of edit.Statement) string {
	isAll := func(section string) bool { return section == "host *" || section == "match all" }
	general := ""
	for _, s := range all {
		switch {
		case s.Name != of.Name:
		case s.Section != "" && (s.Section == of.Section || isAll(s.Section)), s.Section == "" && !f.isServer:
			return s.Value
		case s.Section == "" && general == "":
			general = s.Value
		}
	}
	return general
}
