package pack

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// check returns the faults of p, as a package of a format.
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
	if err := p.checkAccounts(); err != nil {
		return err
	}
	if format == Arch {
		if err := archFiles(p.Files).checkSetuid(); err != nil {
			return fmt.Errorf("cannot build %s as %s: %w", p.Name, format, err)
		}
	}
	return p.checkFiles()
}

// checkAccounts checks the names that become words of a script.
func (p Package) checkAccounts() error {
	for _, u := range p.Users {
		for _, name := range append([]string{u.Name, cmp.Or(u.Group, u.Name)}, u.Groups...) {
			if name == "" || !isOwner(name) {
				return fmt.Errorf("cannot build %s: %q is no name of an account", p.Name, name)
			}
		}
		if strings.ContainsAny(u.Home+u.Shell+u.Comment, ":\n\r\x00'") {
			return fmt.Errorf("cannot build %s: the home, the shell or the comment of the user %s has a character that passwd(5) or a script cannot hold", p.Name, u.Name)
		}
	}
	unit := regexp.MustCompile(`^[A-Za-z0-9:_.@-]+\.(service|socket|timer|path|target|mount|automount|slice)$`)
	for _, u := range p.Units {
		switch {
		case !unit.MatchString(u.Name):
			return fmt.Errorf("cannot build %s: %q is no name of a unit", p.Name, u.Name)
		case strings.Contains(u.Name, "@.") && (u.Enable || u.Start || u.Restart):
			return fmt.Errorf("cannot build %s: %s is a template, which cannot be enabled, started or restarted: its instances can", p.Name, u.Name)
		}
	}
	return nil
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
		case !isOwner(f.Owner) || !isOwner(f.Group):
			return fmt.Errorf("cannot build %s: %q and %q own %s, and are not both names of accounts", p.Name, f.Owner, f.Group, f.Path)
		case f.Mode > 0o7777:
			return fmt.Errorf("cannot build %s: %o is no mode of %s", p.Name, f.Mode, f.Path)
		}
		seen[f.Path] = true
	}
	return nil
}

// isOwner reports whether a name is one of an account, or not set.
func isOwner(name string) bool {
	return regexp.MustCompile(`^([a-z_][a-z0-9_.-]{0,31})?$`).MatchString(name)
}
