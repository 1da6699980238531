package resources

import (
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
)

// IsModuleFile reports whether a resource declares a file that is read for modules, or a part of one. It excludes
// converge's own files: their lines themselves are compared.
func IsModuleFile(r *resource.Resource) bool {
	file, _ := bootFile(r)
	dir := path.Base(path.Dir(file))
	return r.IsEnforced() && (dir == "modprobe.d" || dir == "modules-load.d") && strings.HasSuffix(file, ".conf") && file != ModprobeFile && file != ModulesLoadFile
}

// OverridesModule describes how a file that is read for modules, or a part of one, prevents a kernel_module from being
// as declared; the provider of that kind refuses it. "": not at all.
func OverridesModule(read Reader, r, module *resource.Resource) (what string) {
	w := resource.Must[KernelModuleWant](module.Want)
	file, isPart := bootFile(r)
	if w.IsAbsent() {
		return ""
	}
	text, isKnown := fileAfter(read, file, r)
	if !isKnown {
		return ""
	}
	lines := text
	if isPart { // the rest of the file does not belong to this resource
		lines, _, _ = makeParts(nil, certainParts(NewFiles(nil), r, false)[file])
	}
	for l := range strings.Lines(strings.ReplaceAll(string(lines), "\\\n", " ")) {
		if what = overridesModule(&w, file, strings.Fields(l)); what != "" {
			return what
		}
	}
	loads := func(text []byte) bool {
		return slices.ContainsFunc(strings.Split(string(text), "\n"), func(l string) bool { return ModuleName(strings.TrimSpace(l)) == w.Name })
	}
	if w.Saved.Value == ModuleLoaded && isLoadFile(file) && loads(read.content(file)) && !loads(text) && !loads(read.content(ModulesLoadFile)) {
		return "takes the line away that loads the module " + w.Name + " at boot"
	}
	return ""
}

func isLoadFile(file string) bool { return path.Base(path.Dir(file)) == "modules-load.d" }

// overridesModule is OverridesModule for one line of a file.
func overridesModule(w *KernelModuleWant, file string, words []string) string {
	if isLoadFile(file) && len(words) > 0 && ModuleName(words[0]) == w.Name && w.Saved.Value == ModuleNotLoaded {
		return "loads the module " + w.Name + " at boot"
	}
	if isLoadFile(file) || len(words) < 2 {
		return ""
	}
	isNamed := ModuleName(words[1]) == w.Name
	switch words[0] {
	case "blacklist":
		if isNamed && w.Saved.Value == ModuleLoaded {
			return "keeps the module " + w.Name + " from being loaded at boot"
		}
	case "install":
		disables := len(words) > 2 && slices.Contains([]string{"false", "true", "nologin"}, path.Base(words[2]))
		if matched, err := path.Match(ModuleName(words[1]), w.Name); !isNamed && (err != nil || !matched) {
			return ""
		}
		switch {
		case disables && w.Saved.Value == ModuleLoaded:
			return "disables the module " + w.Name
		case !disables && w.Saved.Value == ModuleDisabled && path.Base(file) < path.Base(ModprobeFile):
			return "has another command for the module " + w.Name + ", which is the one that counts"
		}
	case "options":
		if isNamed && path.Base(file) > path.Base(ModprobeFile) {
			return otherModuleOption(w, words[2:])
		}
	}
	return ""
}

// otherModuleOption names an option that words set to another value than the module's.
func otherModuleOption(w *KernelModuleWant, words []string) string {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if want, ok := w.Options.Value[key]; ok && strings.ReplaceAll(value, `"`, "") != want {
			return "sets the option " + key + " of the module " + w.Name + " later and to another value"
		}
	}
	return ""
}
