package service

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"converge/internal/fsys"
	"converge/resources"
)

// unitLinks reads and changes the links that make units start at boot.
type unitLinks struct{ *unitFiles }

// bootLinks are links that make a unit start at boot: their targets, by path.
type bootLinks map[string]string

// runUnits is the folder of links that last until the next boot.
const runUnits = "/run/systemd/system"

// withAlso returns the file of a unit, and those of all units that enabling and disabling it takes along (Also=). The
// unit comes first, also if it has no file.
func (u unitLinks) withAlso(name resources.UnitName) ([]unitFile, error) {
	var out []unitFile
	seen := map[string]bool{}
	for next := []resources.UnitName{name}; len(next) > 0; next = next[1:] {
		f, err := u.find(next[0])
		if err != nil {
			return nil, err
		}
		if seen[f.name.String()] || len(out) > 0 && (f.path == "" || f.masked) {
			continue
		}
		seen[f.name.String()] = true
		out = append(out, f)
		for _, also := range f.in.also {
			name, err := resources.ParseUnitName(also)
			if err != nil {
				return nil, fmt.Errorf("its Also= names %q, which %w", also, err)
			}
			next = append(next, name)
		}
	}
	return out, nil
}

// listBootLinks lists all links that make one of the units start at boot, whatever made them: what disabling removes.
func (u unitLinks) listBootLinks(units []unitFile) (bootLinks, error) {
	out := bootLinks{}
	names, files := map[string]bool{}, map[string]bool{}
	for _, f := range units {
		name := f.enabledName()
		names[name.String()] = true
		switch {
		case name.Template, name.Instance != "": // any instance leads to the file of the template
		case f.path == "": // it is gone, and its links lead nowhere
			files[name.String()] = true
		default:
			files[path.Base(f.path)] = true
		}
		if err := u.addOwnLinks(out, f); err != nil {
			return nil, err
		}
	}
	for _, dir := range [...]string{etcUnits, runUnits} {
		if err := u.addBootLinks(out, dir, names, files); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// addOwnLinks adds the links that enabling a unit makes, as far as they exist, and the one that is all that is left of
// a unit without a file.
func (u unitLinks) addOwnLinks(out bootLinks, f unitFile) error {
	links, err := f.listLinks()
	if err != nil {
		return nil //nolint:nilerr // the folders have those links as well
	}
	if f.path == "" {
		links = append(links, etcUnits+"/"+f.name.String())
	}
	for _, l := range links {
		target, err := u.readLink(l)
		if err != nil {
			return err
		}
		if target != "" && (f.path == "" || u.leadsTo(l, f)) {
			out[l] = target
		}
	}
	return nil
}

// addBootLinks adds the links in a folder of units, and in the folders NAME.wants and the like in it, that have one of
// the names or lead to one of the files.
func (u unitLinks) addBootLinks(out bootLinks, dir string, names, files map[string]bool) error {
	aliases, err := u.readLinks(dir)
	if err != nil {
		return err
	}
	for _, l := range aliases {
		if file := path.Base(l.Text); files[file] && l.Name != file { // one of the same name is the unit itself
			out[dir+"/"+l.Name] = l.Text
		}
	}
	folders, err := u.list(dir)
	if err != nil {
		return err
	}
	for folder := range folders {
		if !slices.Contains(wantingKinds(), path.Ext(folder)) {
			continue
		}
		links, err := u.readLinks(dir + "/" + folder)
		if err != nil {
			return err
		}
		for _, l := range links {
			if names[l.Name] || files[path.Base(l.Text)] {
				out[dir+"/"+folder+"/"+l.Name] = l.Text
			}
		}
	}
	return nil
}

// readLinks lists the links in a folder, which may be a link itself; none if it does not exist.
func (u unitLinks) readLinks(dir string) ([]fsys.Link, error) {
	links, err := u.fs.Links(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		var to string
		if to, err = u.fs.ResolveFolder(dir); err == nil {
			links, err = u.fs.Links(to)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return links, err
}

// readLink returns the target of a link; "" if there is no link.
func (u unitLinks) readLink(p string) (string, error) {
	info, err := u.fs.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.Type != fsys.Symlink:
		return "", nil
	}
	return u.fs.Readlink(p)
}

// enabledName returns the unit that is enabled with a file: of a template its default instance.
func (f unitFile) enabledName() resources.UnitName {
	name := f.name
	if name.Template && f.in.defaultInstance != "" {
		name.Template, name.Instance = false, f.in.defaultInstance
	}
	return name
}

// changeBootLinks returns the links that make a unit start at boot, and those of the units that it takes along, before
// a change and after it. told is false if only systemd knows which links it will make.
func (u unitLinks) changeBootLinks(w wanted, st status) (before, after bootLinks, told bool, err error) {
	name, err := resources.ParseUnitName(st.id)
	if err != nil {
		return nil, nil, false, err
	}
	units, err := u.withAlso(name)
	if err != nil {
		return nil, nil, false, err
	}
	if before, err = u.listBootLinks(units); err != nil {
		return nil, nil, false, err
	}
	after = maps.Clone(before)
	is, err := w.isEnabled(st)
	switch {
	case err != nil:
		return nil, nil, false, err
	case w.isExact():
		w.applyExact(after)
	case is == *w.enabled:
	case !is && st.file == fileEnabled:
		after.close(st.gaps)
	case *w.enabled:
		return before, after, u.addInstalled(after, units), nil
	default:
		clear(after)
	}
	return before, after, true, nil
}

// close applies the closing of gaps.
func (b bootLinks) close(g gaps) {
	for _, l := range g.missing {
		b[l] = g.file.path
	}
	for _, l := range g.stale {
		delete(b, l)
	}
}

// addInstalled adds the links that enabling the units makes. It reports whether all of them can be told.
func (u unitLinks) addInstalled(b bootLinks, units []unitFile) bool {
	for _, f := range units {
		g, links, ok := u.listInstalled(f.name)
		if !ok {
			return false
		}
		for _, l := range links {
			if b[l] == "" {
				b[l] = g.path
			}
		}
	}
	return true
}
