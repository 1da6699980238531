package pack

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// check returns what is wrong with p, as a package of a format.
func (p Package) check(format string) error {
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("there is no format %q of packages: they are %s", format, strings.Join(Formats(), ", "))
	}
	name := `^[A-Za-z0-9][A-Za-z0-9+._-]*$`
	if format == Deb {
		name = `^[a-z0-9][a-z0-9+.-]+$`
	}
	release := `^[0-9]+$`
	if format == Deb || format == RPM {
		release = `^[A-Za-z0-9.+~]+$`
	}
	for _, f := range []struct{ what, value, pattern string }{
		{"name", p.Name, name},
		{"release", p.Release, release},
		{"epoch", p.Epoch, `^[0-9]*$`},
		{"architecture", p.Arch, `^[a-z0-9_]+$`},
		{"summary", p.Summary, ""}, {"maintainer", p.Maintainer, ""}, {"vendor", p.Vendor, ""}, {"license", p.License, ""},
		{"homepage", p.Homepage, ""}, {"section", p.Section, ""}, {"priority", p.Priority, ""},
	} {
		if f.pattern != "" && !regexp.MustCompile(f.pattern).MatchString(f.value) {
			return fmt.Errorf("cannot build %s as %s: %q is no %s there", p.Name, format, f.value, f.what)
		}
		if strings.ContainsAny(f.value, "\n\r\x00") {
			return fmt.Errorf("cannot build %s: the %s has more than one line", p.Name, f.what)
		}
	}
	if format == APK && p.Epoch != "" {
		return fmt.Errorf("cannot build %s as apk: an apk has no epoch", p.Name)
	}
	return p.checkFiles()
}

func (p Package) checkFiles() error {
	seen := map[string]bool{}
	for _, f := range p.Files {
		switch {
		case !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/":
			return fmt.Errorf("cannot build %s: the path of a file is absolute and clean, not %q", p.Name, f.Path)
		case strings.ContainsAny(f.Path, "\n\r\x00"):
			return fmt.Errorf("cannot build %s: the path %q has more than one line", p.Name, f.Path)
		case seen[f.Path]:
			return fmt.Errorf("cannot build %s: it has two files %s", p.Name, f.Path)
		case f.Type == Link && f.Target == "":
			return fmt.Errorf("cannot build %s: the link %s has no target", p.Name, f.Path)
		case f.Mode > 0o7777:
			return fmt.Errorf("cannot build %s: %o is no mode of %s", p.Name, f.Mode, f.Path)
		}
		seen[f.Path] = true
	}
	return nil
}
