package units

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// lookout determines whether the needs of a unit file exist, or the site declares them.
type lookout struct {
	fs   *fsys.FS
	site *site
}

// refuseMissing refuses a drop-in of a unit that does not exist, and commands whose
// programs do not exist or cannot be started.
func (l *lookout) refuseMissing(want *resources.Entry) error {
	at := want.Path.Bytes()
	if want.DropIn.Set {
		unit := resources.UnitOf(at)
		if !l.unitExists(unit) {
			err := resource.Missing(fmt.Errorf("cannot write %q: there is no unit %s to add to", at, unit))
			return resource.Lacking(err, "unit:"+unit, "check the name, or declare what brings it: a package, or the unit")
		}
	}
	text, _ := want.Content.Bytes()
	uses := resources.ReadUnitUses(text)
	if uses.Rooted {
		return nil
	}
	for _, program := range uses.Programs {
		if err := l.refuseProgram(at, program); err != nil {
			return err
		}
	}
	return nil
}

// refuseProgram refuses a program that is not there or cannot be started, unless the site makes it.
func (l *lookout) refuseProgram(at, program string) error {
	key := "path:" + resource.EncodeBytes(program)
	if l.site.isMade(key) {
		return nil // refuseUnstartable judges it
	}
	info, err := l.fs.Stat(program)
	switch {
	case err != nil:
		err := resource.Missing(fmt.Errorf("cannot write %q: there is no program %s, which it runs", at, program))
		return resource.Lacking(err, "program:"+resource.EncodeBytes(program), "what brings it belongs in depends_on")
	case info.Type != fsys.Regular:
		return fmt.Errorf("cannot write %q: %s, which it runs, is %s and no program", at, program, info.Type)
	case info.Mode&0o111 == 0:
		return fmt.Errorf("cannot write %q: nothing can start %s, which it runs: its mode is %04o", at, program, info.Mode)
	}
	return nil
}

// refuseUnstartable refuses files whose programs the site makes, as files that nothing can start. It refuses none if
// something else may change the mode: what is pending before them, or a command, archive or package of the plan.
func (l *lookout) refuseUnstartable(o resource.Outlook, cs ...candidate) error {
	if o.Pending == resource.UnknownPending || l.site.opaque {
		return nil
	}
	for _, c := range cs {
		uses := resources.ReadUnitUses(c.text)
		if uses.Rooted {
			continue
		}
		for _, program := range uses.Programs {
			declared, isFile := l.site.modeOf("path:" + resource.EncodeBytes(program))
			if !isFile {
				continue
			}
			info, err := l.fs.Stat(program)
			if mode := resultingMode(declared, info, err); mode&0o111 == 0 {
				return fmt.Errorf("cannot write %q: nothing can start %s, which it runs: its mode will be %04o; declare mode = \"0755\" of it", c.path, program, mode)
			}
		}
	}
	return nil
}

// resultingMode is the mode that a declared file will have; err is why it was not found.
func resultingMode(declared string, live fsys.Info, err error) uint32 {
	mode := uint32(0o644) // of a new file
	if err == nil {
		mode = live.Mode
	}
	if m, err := resources.ParseMode(declared); err == nil {
		mode = m.Apply(mode, false)
	}
	return mode
}

// generatedDirs returns the folders in which generators put the unit files of a running system.
func generatedDirs() []string {
	return []string{"/run/systemd/generator", "/run/systemd/generator.early", "/run/systemd/generator.late", "/run/systemd/transient"}
}

// unitExists reports whether a unit has a file, or needs none.
func (l *lookout) unitExists(unit string) bool {
	name, err := resources.ParseUnitName(unit)
	if err != nil || needsNoFile(name) || l.site.isMade("unit:"+unit) {
		return true
	}
	if t := name.TemplateName(); t != "" && l.site.isMade("unit:"+t) {
		return true
	}
	for _, n := range fileNames(name) {
		for _, dir := range append(resources.UnitDirs(), generatedDirs()...) {
			if _, err := l.fs.Lstat(dir + "/" + n); err == nil {
				return true
			}
		}
	}
	_, err = l.fs.Lstat("/etc/init.d/" + name.Prefix)
	return err == nil && name.Type == "service"
}

// fileNames returns the names of the files that may define a unit: its own, and its template's.
func fileNames(unit resources.UnitName) []string {
	names := []string{unit.String()}
	if t := unit.TemplateName(); t != "" {
		names = append(names, t)
	}
	return names
}

// isOnlyFile reports whether the file at a path defines a unit that would not exist without it: there is neither a file
// that it hides nor a template. A drop-in defines no unit.
func (l *lookout) isOnlyFile(at, unit string) bool {
	name, err := resources.ParseUnitName(unit)
	if err != nil || path.Base(at) != unit {
		return false
	}
	for _, n := range fileNames(name) {
		for _, dir := range resources.UnitDirs() {
			_, err := l.fs.Lstat(dir + "/" + n)
			if err == nil && dir+"/"+n != at {
				return false
			}
		}
	}
	return true
}

// needsNoFile reports whether units of that name can exist without a file: those that systemd or programs create, and
// those of a prefix (user-.slice).
func needsNoFile(name resources.UnitName) bool {
	switch name.Type {
	case "slice", "scope", "device", "mount", "swap":
		return true
	}
	return strings.HasSuffix(name.Prefix, "-")
}

// listRunning lists the running units that the file at a path configures: the unit of that name, or the instances of a
// template that have no file of their own in its place. systemd keeps a link for each, which is cheaper than a query.
func (l *lookout) listRunning(at, unit string) (running []string) {
	const folder, prefix = "/run/systemd/units", "invocation:"
	before, after, isTemplate := strings.Cut(unit, "@.")
	if !isTemplate {
		if _, err := l.fs.Lstat(folder + "/" + prefix + unit); err == nil {
			running = []string{unit}
		}
		return running
	}
	names, _ := l.fs.Names(folder) // without the folder, no unit runs
	for _, name := range names {
		u, ok := strings.CutPrefix(name, prefix+before+"@")
		instance := before + "@" + u
		if !ok || !strings.HasSuffix(u, "."+after) || path.Base(at) == unit && l.hasFile(instance) {
			continue
		}
		running = append(running, instance)
	}
	slices.Sort(running)
	return running
}

// hasFile reports whether a unit has a file of its own.
func (l *lookout) hasFile(unit string) bool {
	return slices.ContainsFunc(resources.UnitDirs(), func(dir string) bool {
		_, err := l.fs.Lstat(dir + "/" + unit)
		return err == nil
	})
}
