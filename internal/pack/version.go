package pack

import (
	"fmt"
	"regexp"
	"strings"
)

// versionOf converts a version to the form of a family. It understands versions of git: a leading v is removed,
// v1.2-4-gabc (in git describe, four commits after v1.2) is 1.2+4.gabc, and any other hyphen begins a pre-release,
// 1.2~rc1.
//
//	          1.2~rc1    1.2+4.gabc
//	deb, rpm  1.2~rc1    1.2+4.gabc
//	arch      1.2rc1     1.2+4.gabc   vercmp sorts letters at the end before nothing
//	apk       1.2_rc1    1.2_p4
func versionOf(version, format string) (string, error) {
	v := neutral(version)
	if !regexp.MustCompile(`^[0-9][A-Za-z0-9.+~_]*$`).MatchString(v) {
		return "", fmt.Errorf("%q is no version: it begins with a digit and has letters, digits and . + ~ _", version)
	}
	switch format {
	case Arch:
		return strings.ReplaceAll(v, "~", ""), nil
	case APK:
		return apkVersion(version, v)
	}
	if format == Deb && strings.Contains(v, "_") {
		return "", fmt.Errorf("a deb cannot have the version %q: it has a _", version)
	}
	return v, nil
}

// neutral returns a version without git's syntax.
func neutral(version string) string {
	v := version
	if len(v) > 1 && v[0] == 'v' {
		v = v[1:]
	}
	if m := regexp.MustCompile(`^(.+)-([0-9]+)-(g[0-9a-f]+)(-dirty)?$`).FindStringSubmatch(v); m != nil {
		v = m[1] + "+" + m[2] + "." + m[3] + strings.Replace(m[4], "-", ".", 1)
	} else if base, dirty := strings.CutSuffix(v, "-dirty"); dirty {
		v = base + "+dirty"
	}
	first, rest, pre := strings.Cut(v, "-")
	if pre {
		v = first + "~" + strings.ReplaceAll(rest, "-", ".")
	}
	return v
}

// apkVersion returns a version by the rules of apk-package(5): numbers, a letter, and suffixes from a fixed list.
func apkVersion(version, v string) (string, error) {
	v = regexp.MustCompile(`~\.?(alpha|beta|pre|rc)\.?`).ReplaceAllString(v, "_$1")
	v = regexp.MustCompile(`\+([0-9]+)\.g[0-9a-f]+(\.dirty)?$`).ReplaceAllString(v, "_p$1")
	v = strings.TrimSuffix(v, "+dirty")
	valid := regexp.MustCompile(`^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*$`)
	if !valid.MatchString(v) {
		return "", fmt.Errorf("an apk cannot have the version %q: write it like 1.2.3, 1.2.3_rc1 or 1.2.3_p1", version)
	}
	return v, nil
}
