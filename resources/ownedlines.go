package resources

import (
	"regexp"
	"slices"
	"strings"

	"converge/internal/edit"
	"converge/internal/resource"
)

// owned is one part of a file, and the resource that wants it.
type owned struct {
	r    *resource.Resource
	part edit.Part // nil: nothing is made, and holds reports whether the file is right

	// placed is the part with the lines that determine its place; nil: there are none. loose is the part without these
	// lines, if they may not fit.
	placed, loose edit.Part

	// back is the text to restore byte by byte in an existing file; nil: the part is made normally.
	back []edit.Hunk

	// holds is set if more than the exact part is right; see [resource.Kind.Holds].
	holds func(t *fileText) bool
}

// isIn reports whether a file has the part in the wanted form.
func (o owned) isIn(file *fileText) bool {
	if o.holds != nil {
		return o.holds(file)
	}
	return file.Holds(o.part)
}

// inPlace returns parts with the lines that determine their places.
func inPlace(parts []owned) []owned {
	parts = slices.Clone(parts)
	for i, o := range parts {
		if o.placed != nil {
			parts[i].part, parts[i].loose = o.placed, o.part
		}
	}
	return parts
}

// ownedFiles are the files to which [ownedLines] adds lines, and perhaps more files.
func ownedFiles(r *resource.Resource) []string {
	l := r.Links()
	if len(l.Writes) == 0 {
		return l.Within
	}
	return slices.Concat(l.Within, l.Writes)
}

// ownedLines adds the lines that a resource of a kind with lines of its own certainly wants in files.
func ownedLines(files map[string][]owned, r *resource.Resource) {
	add := func(file string, p edit.Part) { files[file] = append(files[file], owned{r: r, part: p}) }
	switch r.Kind.Name {
	case "sysctl":
		w := resource.Must[SysctlWant](r.Want)
		if w.Was != nil || !w.IsAbsent() && !w.Value.Set { // a rollback restores its line
			return
		}
		add(w.Path(), &edit.Setting{
			Format: edit.KeyValue, Dialect: edit.Sysctl, Key: resource.DecodeBytes(w.Key), Value: resource.DecodeBytes(w.Value.Value),
			Absent: w.IsAbsent(), Several: edit.RemoveSeveral,
		})
	case "locale", "timezone", "hostname":
		ownedByContent(files, r)
	case "kernel_module":
		w := resource.Must[KernelModuleWant](r.Want)
		for _, p := range moduleLines(&w) {
			add(ModprobeFile, p)
		}
		if w.IsAbsent() || w.Saved.Set {
			add(ModulesLoadFile, edit.Line{Text: resource.DecodeBytes(w.Name), Absent: w.Saved.Value != ModuleLoaded})
		}
	case "mount":
		w := resource.Must[MountWant](r.Want)
		if w.Was == nil && (w.IsAbsent() || w.Saved.Value != "") {
			add(Fstab, fstabLine(edit.FstabLine{Name: w.Path.Bytes(), Absent: w.IsAbsent()}, w.Saved.Value))
		}
	case "swap":
		w := resource.Must[SwapWant](r.Want)
		if w.Was == nil && !w.IsAll() && (w.IsAbsent() || w.Saved.Value != "") {
			add(Fstab, fstabLine(edit.FstabLine{Name: w.Path.Bytes(), Swap: true, Absent: w.IsAbsent()}, w.Saved.Value))
		}
	}
}

// ownedByContent is ownedLines for kinds whose Holds finds their lines in the content of a file: other parts may write
// these in another form.
func ownedByContent(files map[string][]owned, r *resource.Resource) {
	add := func(file string, p edit.Part) {
		holds := func(t *fileText) bool { return r.Kind.Holds(r.Want, file, t.Bytes()) }
		files[file] = append(files[file], owned{r: r, part: p, holds: holds})
	}
	switch r.Kind.Name {
	case "locale":
		w := resource.Must[LocaleWant](r.Want)
		if !w.Listed.Set && w.Generated.Value != LocaleMissing && !isAlwaysThere(w.Name) {
			_, codeset, _ := strings.Cut(w.Name, ".")
			add(localeList, edit.Line{Text: w.Name + " " + codeset, Absent: w.IsAbsent()})
		}
		if w.Default.Value || w.Lang.Value == w.Name {
			for _, file := range defaultLocaleFiles() {
				holds := func(t *fileText) bool { return isDefaultLocale(w.Name, t.Bytes()) }
				files[file] = append(files[file], owned{r: r, part: defaultLocale(w.Name), holds: holds})
			}
		}
	case "timezone":
		if w := resource.Must[TimezoneWant](r.Want); !w.IsRecorded() {
			add(zoneFile, edit.Line{Text: w.Zone})
		}
	case "hostname":
		w := resource.Must[HostnameWant](r.Want)
		add(hostnameFile, edit.Line{Text: w.Name})
		if w.InHosts.Value == w.Name { // a rollback restores the earlier names
			add(hostsFile, edit.Line{Text: "127.0.1.1 " + w.Name})
		}
	}
}

// moduleLines are the lines about a module in [ModprobeFile]: the kind replaces all of them. Undeclared options may
// stay.
func moduleLines(w *KernelModuleWant) (parts []edit.Part) {
	if w.Lines.Set || w.Listed.Set || !w.IsAbsent() && !w.Saved.Set {
		return nil // a rollback restores its lines
	}
	name := resource.DecodeBytes(w.Name)
	add := func(command, text string) {
		match := regexp.MustCompile(`^\s*` + command + `\s+` + strings.ReplaceAll(regexp.QuoteMeta(name), "_", "[-_]") + `(\s|$)`)
		parts = append(parts, edit.Line{Text: text, Match: match, Multiple: "all", Absent: text == ""})
	}
	if w.Saved.Value == ModuleDisabled {
		add("install", DisabledModule(name)[0])
		add("blacklist", DisabledModule(name)[1])
	} else {
		add("install", "")
		add("blacklist", "")
	}
	switch {
	case len(w.Options.Value) > 0:
		add("options", ModuleOptions(name, w.Options.Value))
	case w.Options.Set || w.IsAbsent():
		add("options", "")
	}
	return parts
}

// fstabLine is a line of fstab with the fields that a resource wants.
func fstabLine(l edit.FstabLine, saved string) edit.FstabLine {
	if want, ok := edit.ParseWantedFstab(resource.DecodeBytes(saved)); ok && !l.Absent {
		l.Want = want // fields that the mount leaves open may be anything
	}
	return l
}

// defaultLocale is the setting of the default locale in its file.
func defaultLocale(name string) *edit.Setting {
	return &edit.Setting{Format: edit.KeyValue, Key: "LANG", Value: name, Several: edit.RemoveSeveral}
}

// isDefaultLocale reports whether a file of settings has that default locale, in any spelling of its character set.
func isDefaultLocale(name string, content []byte) bool {
	s, err := edit.Look(content, defaultLocale(name))
	there, ok := s.Value.(string)
	return err == nil && ok && s.Present && LocaleName(there) == name
}
