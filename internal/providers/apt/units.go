package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// unitKey is the prefix of the keys of units.
const unitKey = "unit:"

// maxFileList bounds the bytes read of a package's list of files.
const maxFileList = 64 << 20

// Ships returns the keys of the units of the named packages that are installed:
// package → keys, sorted. A script in /etc/init.d counts as the unit that
// systemd makes of it.
func (p *Provider) Ships(ctx context.Context, names []string) (map[string][]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := p.findPackage(ctx, db, name)
		if err != nil || f.have.isGone() {
			continue
		}
		have := f.have
		list, err := p.fileList(db, have)
		if err != nil {
			return nil, fmt.Errorf("cannot tell which units package %s has: %w", name, err)
		}
		if units := unitsIn(list); len(units) > 0 {
			out[name] = units
		}
	}
	return out, nil
}

// Runs returns the keys of the services that start a program of a package. The
// services may belong to any package.
func (p *Provider) Runs(ctx context.Context, name string) ([]string, error) {
	db, err := p.currentDatabase()
	if err != nil {
		return nil, err
	}
	f, err := p.findPackage(ctx, db, name)
	if err != nil || f.have.isGone() {
		return nil, err
	}
	list, err := p.fileList(db, f.have)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which units run programs of package %s: %w", name, err)
	}
	files := map[string]bool{}
	for line := range strings.Lines(list) {
		files[withoutUsr(strings.TrimSuffix(line, "\n"))] = true
	}
	var units []string
	for _, dir := range []string{"/lib/systemd/system", "/usr/lib/systemd/system"} {
		entries, _ := p.Tree.ReadDir(dir) // what cannot be read runs nothing
		for _, e := range entries {
			if path.Ext(e.Name()) != ".service" || !e.Type().IsRegular() {
				continue
			}
			text, err := p.Tree.ReadFile(path.Join(dir, e.Name()), maxUnitFile)
			if err == nil && files[withoutUsr(programOf(string(text)))] {
				units = append(units, unitKey+e.Name())
			}
		}
	}
	slices.Sort(units)
	return slices.Compact(units), ctx.Err()
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

// fileList reads which files a package has; those of Multi-Arch: same carry
// the architecture in their name.
func (d *installed) fileList(db *database, have pkg) (string, error) {
	var err error
	for _, base := range []string{db.keyOf(have), have.name + ":" + have.arch} {
		var data []byte
		data, err = d.files.ReadFile(path.Join(infoDir, base+".list"), maxFileList)
		if err == nil {
			return string(data), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", err
}

// unitsIn picks the keys of units from a list of files.
func unitsIn(list string) []string {
	var units []string
	for line := range strings.Lines(list) {
		dir, file := path.Split(strings.TrimSuffix(line, "\n"))
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
