package service

import (
	"context"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// gaps are the differences between the links of an enabled unit and its [Install] section: the section was changed
// after the unit was enabled, or somebody removed a link. systemd sees neither.
type gaps struct {
	file    unitFile
	missing []string // links that the section asks for and that nothing has
	stale   []string // links that only the section asked for as it was before this run
}

// isEmpty reports whether there is no difference.
func (g gaps) isEmpty() bool { return len(g.missing)+len(g.stale) == 0 }

// findGaps returns the gaps of an enabled unit; none if its links cannot be told (see listInstalled).
func (u unitLinks) findGaps(name resources.UnitName) (g gaps) {
	var links []string
	var ok bool
	if g.file, links, ok = u.listInstalled(name); !ok {
		return gaps{}
	}
	for _, l := range links {
		if u.lacks(l) && !u.isProvided(g.file, l) {
			g.missing = append(g.missing, l)
		}
	}
	for _, l := range u.listFormer(g.file) {
		if !slices.Contains(links, l) && u.leadsTo(l, g.file) && !u.isHeld(l) {
			g.stale = append(g.stale, l)
		}
	}
	return g
}

// listInstalled lists the links that the [Install] section of a unit asks for. ok is false if they cannot be told: a
// drop-in changes the section, only systemd expands one of its specifiers, or there is no file.
func (u unitLinks) listInstalled(name resources.UnitName) (f unitFile, links []string, ok bool) {
	f, err := u.find(name)
	if err != nil || f.path == "" || f.masked {
		return f, nil, false
	}
	if links, err = f.listLinks(); err != nil || u.hasInstallDropIn(f.name) {
		return f, nil, false
	}
	return f, links, true
}

// isProvided reports whether something else than the link stands for it: a link of a package, or, for another name of
// the unit, whatever has that name, which may be another unit.
func (u unitLinks) isProvided(f unitFile, link string) bool {
	of := strings.TrimPrefix(link, etcUnits)
	isAlias := path.Dir(link) == etcUnits
	if isAlias && !f.canBeNamed(path.Base(link)) {
		return true
	}
	return slices.ContainsFunc(resources.UnitDirs(), func(dir string) bool {
		isVendor := !strings.HasPrefix(dir, "/etc/") && !strings.HasPrefix(dir, "/run/")
		return (isVendor || isAlias) && !u.lacks(dir+of)
	})
}

// canBeNamed reports whether systemd takes a name as another one of the unit: it must be of the same type and form.
func (f unitFile) canBeNamed(alias string) bool {
	name, err := resources.ParseUnitName(alias)
	return err == nil && name.Type == f.name.Type && (name.Instance == "") == (f.name.Instance == "") && name.Template == f.name.Template
}

// listFormer lists the links that the [Install] section of a file asked for before this run changed it.
func (u unitLinks) listFormer(f unitFile) []string {
	in, known := u.followed.formerInstall(f.path)
	if !known {
		return nil
	}
	links, err := unitFile{name: f.name, in: in}.listLinks()
	if err != nil {
		return nil
	}
	return links
}

// isHeld reports whether a site declares a path, or has made it.
func (u *unitFiles) isHeld(p string) bool { return u.holds != nil && u.holds(p) }

// leadsTo reports whether there is a link at a path, and it leads to the file of a unit.
func (u unitLinks) leadsTo(link string, f unitFile) bool {
	if u.lacks(link) {
		return false
	}
	info, err := u.fs.Lstat(link)
	if err != nil || info.Type != fsys.Symlink {
		return false
	}
	if target, err := u.fs.Readlink(link); err == nil && isSameUnitFile(targetPath(link, target), f.path) {
		return true
	}
	file, err := u.fs.Resolve(link) // by another name of the unit
	return err == nil && isSameUnitFile(file, f.path)
}

// isSameUnitFile reports whether two paths mean one unit file: the folders of packages are often links to one another.
func isSameUnitFile(a, b string) bool {
	return a == b || path.Base(a) == path.Base(b) &&
		slices.Contains(resources.UnitDirs(), path.Dir(a)) && slices.Contains(resources.UnitDirs(), path.Dir(b))
}

// closeGaps makes the missing links and removes the stale ones, and no others.
func (u unitLinks) closeGaps(ctx context.Context, g gaps) error {
	defer u.forget()
	for _, l := range g.missing {
		if err := u.fs.MakeLink(ctx, "service", l, g.file.path); err != nil {
			return err
		}
	}
	return u.removeLinks(ctx, g.stale)
}

// removeLinks removes links, and then empty folders (NAME.wants), as systemctl does.
func (u unitLinks) removeLinks(ctx context.Context, links []string) error {
	if err := u.fs.RemoveLinks(ctx, "service", links...); err != nil {
		return err
	}
	return u.removeEmptied(ctx, links)
}

// removeEmptied removes the empty folders of links (NAME.wants) that no site declares.
func (u unitLinks) removeEmptied(ctx context.Context, links []string) error {
	for _, l := range links {
		dir := path.Dir(l)
		if !slices.Contains(wantingKinds(), path.Ext(dir)) || u.isHeld(dir) {
			continue
		}
		if _, err := u.fs.RemoveEmpty(ctx, "service", dir); err != nil {
			return err
		}
	}
	return nil
}
