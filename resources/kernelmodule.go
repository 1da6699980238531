package resources

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Files with the lines of modules. The one of modprobe.d is read after those of distributions, because the last value
// of an option counts.
const (
	ModulesLoadFile = "/etc/modules-load.d/60-converge.conf"
	ModprobeFile    = "/etc/modprobe.d/zz-converge.conf"
)

// The values of the attributes loaded and saved.
const (
	ModuleLoaded    = "loaded"
	ModuleNotLoaded = "not loaded"
	ModuleDisabled  = "disabled"
)

// KernelModule is the kind of one loadable module of the kernel: whether it is loaded
// now and at boot, with which options, or never. A provider of nil serves documentation
// and validation.
func KernelModule(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "kernel_module",
		Doc: "One module of the kernel: loaded now, and at boot (a line in `" + ModulesLoadFile + "`), or kept from being loaded. converge compares both sides, each by itself.\n\n" +
			"A module that is built into the kernel counts as loaded on both sides, and needs no line. If another file already has the module loaded at boot, nothing is written. " +
			"If another file keeps it from what is declared, that is an error that names the file and the line. With `--root`, converge manages only the boot side.\n\n" +
			"`ensure = \"absent\"` removes the lines of the module, and unloads it unless it is in use. To keep it from being loaded by anything, use `disabled`.\n\n" +
			"The verb `reload` unloads the module and loads it again, with its present options.",
		Example: "kernel_module \"br_netfilter\" {}\n\nkernel_module \"usb-storage\" { disabled = true }\n",
		Label:   "name",
		Verbs:   []string{"reload"},
		Attrs: resource.Typing[KernelModuleWant]([]resource.Attr{
			{Name: "name", Required: true, Check: checkModuleName, Doc: "The module: `br_netfilter`. `-` and `_` are the same. Not an alias: that is an error which names the module."},
			ensureAttr("module", " An absent one is not loaded at boot by converge, and unloaded now unless it is in use."),
			{Name: "at_boot", Option: true, Doc: "Whether the module is loaded at boot. `true` when unset."},
			{Name: "live", Option: true, Doc: "Whether converge loads or unloads the module now as well. `false`: only the boot side."},
			{
				Name: "options", Check: checkModuleOptions,
				Doc: "The module's options by name. Those that are not named here stay as other files have them. " +
					"They apply from the next load of the module; `reload` is the verb that does it now.",
			},
			{
				Name: "disabled", Option: true,
				Doc: "`true`: nothing loads the module, by its name, by an alias or as a dependency (`install NAME /bin/false` and `blacklist NAME` in `" + ModprobeFile + "`), and it is unloaded. `false`: such lines of converge are removed.",
			},
			{Name: "loaded", Brief: "live", Computed: true, Live: true, Loses: resource.Becomes(ModuleNotLoaded), Doc: "Whether the module is loaded now: `loaded` or `not loaded`."},
			{Name: "saved", Brief: "at boot", Computed: true, Loses: resource.Becomes(ModuleNotLoaded), Doc: "What happens at boot: `loaded`, `not loaded` or `disabled`."},
			{Name: "listed", Computed: true, Internal: true, Loses: resource.Empties, Doc: "Whether the line for the boot is in `" + ModulesLoadFile + "`, which a rollback restores."},
			{Name: "lines", Computed: true, Internal: true, Loses: resource.Empties, SecretIf: []string{"options"}, Doc: "The lines of the module in `" + ModprobeFile + "`, which a rollback restores."},
		}),
		Prepare:    resource.Preparing(prepareModule),
		Links:      resource.Reading(moduleLinks),
		Settles:    func(c resource.Change, _ string) bool { return c.Differs("loaded") && c.Action != resource.Delete },
		Moves:      func(c resource.Change) bool { return c.Action == resource.Delete || c.Differs("loaded") },
		Contradict: ownerContradictions("kernel_module"),
		Revert:     resource.Reverting(revertModule),
		BootOnly:   map[string]cty.Value{"live": cty.False},
		Restores:   true,

		Provider: p,
	}
}

// KernelModuleWant is the struct of the kind kernel_module.
type KernelModuleWant struct {
	Name     string                          `attr:"name"`
	Ensure   resource.Opt[string]            `attr:"ensure"`
	AtBoot   resource.Opt[bool]              `attr:"at_boot"`
	Live     resource.Opt[bool]              `attr:"live"`
	Options  resource.Opt[map[string]string] `attr:"options"`
	Disabled resource.Opt[bool]              `attr:"disabled"`
	Loaded   resource.Opt[string]            `attr:"loaded"`
	Saved    resource.Opt[string]            `attr:"saved"`
	Listed   resource.Opt[bool]              `attr:"listed"`
	Lines    resource.Opt[[]string]          `attr:"lines"`
}

// IsAbsent reports whether the module should be neither loaded nor mentioned.
func (w *KernelModuleWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// ModuleName returns the one spelling of a module's name.
func ModuleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

func prepareModule(_ resource.Input, w *KernelModuleWant) error {
	w.Name = ModuleName(w.Name)
	if w.IsAbsent() {
		*w = KernelModuleWant{Name: w.Name, Ensure: w.Ensure, Live: w.Live}
		return nil
	}
	w.Ensure = resource.Opt[string]{} // a declaration implies it
	w.Saved = resource.Some(ModuleNotLoaded)
	if w.AtBoot.Or(true) {
		w.Saved = resource.Some(ModuleLoaded)
	}
	loaded := ModuleLoaded
	if w.Disabled.Value {
		switch {
		case w.AtBoot.Value:
			return attrError("at_boot", "cannot be true together with disabled")
		case w.Options.Set:
			return attrError("options", "cannot be set together with disabled")
		}
		w.Saved, loaded = resource.Some(ModuleDisabled), ModuleNotLoaded
	}
	if w.Live.Or(true) {
		w.Loaded = resource.Some(loaded)
	}
	return nil
}

func moduleLinks(want KernelModuleWant) resource.Links {
	var before []string
	if !want.IsAbsent() && !want.Disabled.Value { // a module that is never loaded provides nothing
		before = []string{anyModule}
	}
	return resource.Links{
		Provides: []string{"module:" + want.Name},
		Before:   before,
		Within:   []string{ModulesLoadFile, ModprobeFile},
		Needs: []resource.Need{
			{Key: "path:/etc/modules-load.d", Reason: "its line is in a file there"},
			{Key: "path:/etc/modprobe.d", Reason: "its options are in a file there"},
		},
	}
}

// revertModule is Undo for modules: its lines in converge's own files are restored. The run did not change further
// lines of other files.
func revertModule(p resource.Past, before, _ KernelModuleWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) == 0 {
		return us, err
	}
	maps.Copy(us[0].Want, p.Identity("live"))
	maps.Copy(us[0].Made, p.Identity("live"))
	if p.WasCreated() {
		return us, nil
	}
	for _, name := range []string{"saved", "options"} { // the lines contain both
		delete(us[0].Want, name)
		us[0].Notes = slices.DeleteFunc(us[0].Notes, func(note string) bool { return strings.HasPrefix(note, name+" ") })
	}
	us[0].Want["listed"] = cty.BoolVal(before.Listed.Value)
	us[0].Want["lines"] = stringList(before.Lines.Value)
	return us, nil
}

func stringList(texts []string) cty.Value {
	if len(texts) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	vs := make([]cty.Value, len(texts))
	for i, text := range texts {
		vs[i] = cty.StringVal(text)
	}
	return cty.ListVal(vs)
}

func checkModuleName(v cty.Value) error {
	name := v.AsString()
	ok := name != "" && name[0] != '-' && !strings.ContainsFunc(name, isUnfitForModule)
	return require(ok && len(name) < 56, "must be the name of a module, such as br_netfilter")
}

// isUnfitForModule reports whether a character cannot be in the name of a module.
func isUnfitForModule(r rune) bool {
	return r != '_' && r != '-' && !isLetterOrDigit(r)
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func checkModuleOptions(v cty.Value) error {
	name := regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	options := v.AsValueMap()
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if !name.MatchString(key) {
			return require(false, "must have names of letters, digits, - and _")
		}
		if value := options[key]; value.IsNull() || strings.ContainsFunc(value.AsString(), isUnfitForOption) {
			return require(false, "must have values of one line, without \" and \\")
		}
	}
	return nil
}

// isUnfitForOption reports whether a character would end a value in a file of modprobe.d.
func isUnfitForOption(r rune) bool {
	return r == '"' || r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) && r != ' '
}

// ModuleOptions is the line of a file of modprobe.d that sets options.
func ModuleOptions(name string, options map[string]string) string {
	words := []string{"options", name}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		switch value := options[key]; {
		case value == "":
			words = append(words, key)
		case strings.ContainsAny(value, " \t#"):
			words = append(words, key+`="`+value+`"`)
		default:
			words = append(words, key+"="+value)
		}
	}
	return strings.Join(words, " ")
}

// DisabledModule are the lines of a file of modprobe.d that keep a module from being loaded.
func DisabledModule(name string) []string {
	return []string{"install " + name + " /bin/false", "blacklist " + name}
}
