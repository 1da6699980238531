package kernel

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// ModuleOptions are options of [NewModules].
type ModuleOptions struct {
	Options
	Boot string // id of this boot of the kernel

	// Run runs a program of the host; nil: by package process.
	Run func(ctx context.Context, argv ...string) (process.Result, error)
}

// Modules is the provider of the kind kernel_module. modules.go observes, modulestate.go determines whether a module
// is loaded now, moduleconfig.go what happens at boot, setmodules.go changes, reviewmodules.go forecasts.
type Modules struct {
	resource.Provider
	resource.AsAsked
	modules *modules
}

// NewModules returns the provider of the modules of a root.
func NewModules(o ModuleOptions) *Modules {
	if o.Run == nil {
		o.Run = runProgram
	}
	m := &modules{ModuleOptions: o}
	return &Modules{Provider: resource.Typed[resources.KernelModuleWant](m), modules: m}
}

// Invalidate implements [resource.Invalidator].
func (m *Modules) Invalidate([]resource.Change) { m.modules.forget() }

// modules observes and changes modules. It reads the files of modprobe.d and
// modules-load.d once for all of them, and the lists of the kernel's modules at most once.
type modules struct {
	ModuleOptions

	mu     sync.Mutex
	config *moduleNames
	known  *moduleIndex
}

func (m *modules) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.config, m.known = nil, nil
}

func (m *modules) readConfig(ctx context.Context) (*moduleNames, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.config == nil {
		c, err := readModuleConfig(ctx, m.FS, m.Systemd)
		if err != nil {
			return nil, err
		}
		m.config = c.index()
	}
	return m.config, nil
}

// Observe implements [resource.TypedProvider]. It fails if another file prevents the wanted state at boot, and if it
// cannot determine whether the module is loaded.
func (m *modules) Observe(ctx context.Context, want resources.KernelModuleWant) (*resources.KernelModuleWant, error) {
	all, err := m.readConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot find out what happens to the module %s at boot: %w", want.Name, err)
	}
	var now moduleState
	if m.Live && (want.Loaded.Set || want.IsAbsent() && want.Live.Or(true)) {
		if now, err = m.findState(ctx, want.Name, all.all); err != nil {
			return nil, err
		}
	}
	c := all.about(want.Name)
	have := describeModule(want, now, c)
	if want.IsAbsent() {
		return m.observeAbsent(want, have, now, c)
	}
	if err := checkBuiltIn(want, now); err != nil {
		return nil, err
	}
	if err := checkElsewhere(want, c); err != nil {
		return nil, err
	}
	clean := have.Loaded.Value != resources.ModuleLoaded && have.Saved.Value == resources.ModuleNotLoaded && len(have.Lines.Value) == 0 && !have.Options.Set
	wanted := want.Saved.Set && (want.Saved.Value != resources.ModuleNotLoaded || want.Loaded.Value == resources.ModuleLoaded)
	if clean && wanted {
		return nil, nil // nothing of it exists
	}
	return have, nil
}

// observeAbsent returns the remains of a module that should be absent; nil if there are none. A module in use stays
// loaded, which [Modules.Review] reports.
func (m *modules) observeAbsent(want resources.KernelModuleWant, have *resources.KernelModuleWant, now moduleState, c moduleConfig) (*resources.KernelModuleWant, error) {
	own := have.Listed.Value || len(have.Lines.Value) > 0
	_, disabled := c.disabling(want.Name)
	for _, l := range c {
		if l.command == "load" && l.name == want.Name && l.file != resources.ModulesLoadFile && !disabled {
			return nil, fmt.Errorf("cannot keep the module %s from being loaded at boot: %s loads it; remove that line, or set disabled = true", want.Name, l)
		}
	}
	switch {
	case own:
		return have, nil
	case now == builtIn:
		return nil, fmt.Errorf("cannot remove the module %s: it is built into the kernel", want.Name)
	case now == isLoaded:
		if users, err := m.findUsers(want.Name); err != nil || users == "" {
			return have, err
		}
	}
	return nil, nil
}

// checkBuiltIn refuses wishes that a module built into the kernel cannot satisfy.
func checkBuiltIn(want resources.KernelModuleWant, now moduleState) error {
	switch {
	case now != builtIn:
		return nil
	case len(want.Options.Value) > 0:
		return fmt.Errorf("cannot give options to the module %s: it is built into the kernel, which takes them from its command line only (%s.NAME=VALUE)", want.Name, want.Name)
	case want.Disabled.Value:
		return fmt.Errorf("cannot disable the module %s: it is built into the kernel", want.Name)
	case want.Loaded.Value == resources.ModuleNotLoaded:
		return fmt.Errorf("cannot unload the module %s: it is built into the kernel", want.Name)
	}
	return nil
}

// describeModule returns the state of a module in the words of the kind.
func describeModule(want resources.KernelModuleWant, now moduleState, c moduleConfig) *resources.KernelModuleWant {
	have := &resources.KernelModuleWant{
		Name: want.Name, Ensure: resource.Some("present"), Saved: resource.Some(resources.ModuleNotLoaded),
		Listed: resource.Some(len(c.own(resources.ModulesLoadFile, want.Name)) > 0),
		Lines:  resource.Some([]string{}),
	}
	for _, l := range c.own(resources.ModprobeFile, want.Name) {
		have.Lines.Value = append(have.Lines.Value, l.text)
	}
	_, disabled := c.disabling(want.Name)
	_, listed := c.find("load", want.Name)
	_, blacklisted := c.find("blacklist", want.Name)
	switch {
	case now == builtIn && want.Saved.Value == resources.ModuleNotLoaded:
		have.Saved = want.Saved // no file affects it
	case disabled:
		have.Saved.Value = resources.ModuleDisabled
	case listed && !blacklisted || now == builtIn:
		have.Saved.Value = resources.ModuleLoaded
	}
	switch now {
	case unknownState: // it is not managed
		have.Loaded = want.Loaded
	case isNotLoaded:
		have.Loaded = resource.Some(resources.ModuleNotLoaded)
	case isLoaded, builtIn:
		have.Loaded = resource.Some(resources.ModuleLoaded)
	}
	if options := c.options(want.Name); want.Options.Set {
		there := map[string]string{}
		for key := range want.Options.Value {
			if o, ok := options[key]; ok {
				there[key] = o.value
			}
		}
		if len(there) > 0 {
			have.Options = resource.Some(there)
		}
	}
	return have
}

// checkElsewhere refuses wishes that other files than converge's own prevent.
func checkElsewhere(want resources.KernelModuleWant, c moduleConfig) error {
	others := slices.DeleteFunc(slices.Clone(c), func(l moduleLine) bool {
		return l.name == want.Name && (l.file == resources.ModprobeFile || l.file == resources.ModulesLoadFile)
	})
	refuse := func(l moduleLine, what, hint string) error {
		return fmt.Errorf("cannot have the module %s %s: %s %s; %s", want.Name, want.Saved.Value, l, what, hint)
	}
	listed, isListed := others.find("load", want.Name)
	install, installs := others.find("install", want.Name)
	_, disables := others.disabling(want.Name)
	switch want.Saved.Value {
	case resources.ModuleLoaded:
		if disables {
			return refuse(install, "disables it", "remove that line")
		}
		if l, ok := others.find("blacklist", want.Name); ok {
			return refuse(l, "keeps it from being loaded at boot", "remove that line")
		}
	case resources.ModuleNotLoaded:
		if isListed && !disables {
			return refuse(listed, "loads it at boot", "remove that line, or set disabled = true")
		}
	case resources.ModuleDisabled:
		if installs && !disables && path.Base(install.file) < path.Base(resources.ModprobeFile) {
			return refuse(install, "has another command for it, which is the one that counts", "remove that line")
		}
	}
	return checkLaterOptions(want, c)
}

// checkLaterOptions refuses options that a later file sets otherwise.
func checkLaterOptions(want resources.KernelModuleWant, c moduleConfig) error {
	options := c.options(want.Name)
	for _, key := range slices.Sorted(maps.Keys(want.Options.Value)) {
		o, ok := options[key]
		if ok && o.value != want.Options.Value[key] && path.Base(o.line.file) > path.Base(resources.ModprobeFile) {
			return fmt.Errorf("cannot set the option %s of the module %s: %s sets it to %q, after %s; remove it there", key, want.Name, o.line, o.value, resources.ModprobeFile)
		}
	}
	return nil
}
