package service

import (
	"path"
	"strings"

	"converge/resources"
)

// hasInstallDropIn reports whether a drop-in of a unit may change its [Install] section.
func (u *unitFiles) hasInstallDropIn(name resources.UnitName) bool {
	for _, folder := range dropInFolders(name) {
		for _, dir := range resources.UnitDirs() {
			if !u.lacks(dir+"/"+folder) && u.changesInstall(dir+"/"+folder) {
				return true
			}
		}
	}
	return false
}

// dropInFolders returns the names of the folders of a unit's drop-ins: its own, its template's, those of the prefixes
// of its name that end in a dash, and that of all units of its type (systemd.unit(5)).
func dropInFolders(name resources.UnitName) []string {
	out := []string{name.Type + ".d", name.String() + ".d"}
	names := []resources.UnitName{name}
	if t := name.TemplateName(); t != "" {
		out = append(out, t+".d")
		name.Template, name.Instance = true, ""
		names = append(names, name)
	}
	for i, c := range name.Prefix {
		if c != '-' || i == len(name.Prefix)-1 {
			continue
		}
		for _, n := range names {
			n.Prefix = name.Prefix[:i+1]
			out = append(out, n.String()+".d")
		}
	}
	return out
}

// changesInstall reports whether a folder has a drop-in with an [Install] section, or one that cannot be read. It reads
// the folder once, until the lists are forgotten: that of a type is one for all units.
func (u *unitFiles) changesInstall(folder string) bool {
	names, err := u.list(folder)
	if err != nil {
		return true
	}
	if changes, known := u.installsOf(folder); known {
		return changes
	}
	changes := false
	for n := range names {
		if path.Ext(n) != ".conf" {
			continue
		}
		text, err := u.readDropIn(folder + "/" + n)
		if err != nil || strings.Contains(text, "[Install]") {
			changes = true
			break
		}
	}
	u.keepInstallsOf(folder, changes)
	return changes
}

// readDropIn reads a drop-in, which may be a link.
func (u *unitFiles) readDropIn(p string) (string, error) {
	at, err := u.fs.Resolve(p)
	if err != nil {
		return "", err
	}
	text, err := u.fs.ReadFile(at, maxUnitFile)
	return string(text), err
}
