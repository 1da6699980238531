// Package shipped determines, from the list of a package's files, its units of the init system, and the services that
// start its programs. Start with [Units] and [Runners]. It knows no package manager: each has its own list of files.
package shipped

import (
	"iter"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
)

// unitKey is the prefix of the keys of units.
const unitKey = "unit:"

// Units returns the keys of units among the paths of a package, sorted. A script in /etc/init.d counts as the unit
// that systemd generates from it.
func Units(paths iter.Seq[string]) []string {
	var units []string
	for p := range paths {
		dir, file := path.Split(p)
		switch dir {
		case "/lib/systemd/system/", "/usr/lib/systemd/system/", "/etc/systemd/system/":
			if isUnit(file) {
				units = append(units, unitKey+file)
			}
		case "/etc/init.d/":
			if file != "" {
				units = append(units, unitKey+file+".service")
			}
		}
	}
	slices.Sort(units)
	return slices.Compact(units)
}

func isUnit(file string) bool {
	switch path.Ext(file) {
	case ".service", ".socket", ".timer", ".path", ".mount", ".automount", ".target", ".slice", ".swap":
		return len(file) > len(path.Ext(file))
	}
	return false
}

// Runners returns the keys of the services that start one of the paths' programs,
// sorted. The services may belong to any package.
func Runners(tree fsys.Files, paths iter.Seq[string]) []string {
	files := map[string]bool{}
	for p := range paths {
		files[withoutUsr(p)] = true
	}
	var units []string
	for _, dir := range []string{"/lib/systemd/system", "/usr/lib/systemd/system"} {
		entries, _ := tree.ReadDir(dir) // an unreadable folder runs nothing
		for _, e := range entries {
			if path.Ext(e.Name()) != ".service" || !e.Type().IsRegular() {
				continue
			}
			text, err := tree.ReadFile(path.Join(dir, e.Name()), maxUnitFile)
			if err == nil && files[withoutUsr(programOf(string(text)))] {
				units = append(units, unitKey+e.Name())
			}
		}
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// Files returns the requested paths of a package that are not folders: others may have something in these.
func Files(tree fsys.Files, paths iter.Seq[string], asked func(path string) bool) (files []string) {
	for p := range paths {
		if !path.IsAbs(p) || !asked(p) {
			continue
		}
		if info, err := tree.Stat(p); err == nil && !info.IsDir() {
			files = append(files, p)
		}
	}
	slices.Sort(files)
	return files
}

// maxUnitFile bounds the bytes read of a unit file.
const maxUnitFile = 1 << 20

// programOf is the program that a unit file starts, "" if it names none by its
// path.
func programOf(text string) string {
	for line := range strings.Lines(text) {
		name, command, ok := strings.Cut(line, "=")
		if words := strings.Fields(strings.TrimLeft(command, " \t@-:+!|")); ok && strings.TrimSpace(name) == "ExecStart" && len(words) > 0 && path.IsAbs(words[0]) {
			return words[0]
		}
	}
	return ""
}

// withoutUsr is a path without the /usr of a merged system, where /bin is /usr/bin.
func withoutUsr(file string) string {
	for _, dir := range []string{"/usr/bin/", "/usr/sbin/", "/usr/lib/"} {
		if strings.HasPrefix(file, dir) {
			return strings.TrimPrefix(file, "/usr")
		}
	}
	return file
}
