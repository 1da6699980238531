package kernel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// moduleChange is a change with the lines that it leaves in converge's own files.
type moduleChange struct {
	resource.TypedChange[resources.KernelModuleWant]
	index         int
	modprobe      []string
	modulesLoad   []string
	load, unload  bool
	writesOptions bool
	writesList    bool
}

// ApplyAll implements [resource.Transactor]: each file is written once. Options are written before a module is loaded,
// and the line for the boot after it was.
func (m *Modules) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	typed := make([]resource.TypedChange[resources.KernelModuleWant], len(cs))
	for i, c := range cs {
		typed[i], errs[i] = resource.TypeChange[resources.KernelModuleWant](c)
	}
	m.modules.applyAll(ctx, typed, errs)
	return resource.Outcome{Errs: errs}
}

// Apply implements [resource.TypedProvider].
func (m *modules) Apply(ctx context.Context, c resource.TypedChange[resources.KernelModuleWant]) error {
	errs := []error{nil}
	m.applyAll(ctx, []resource.TypedChange[resources.KernelModuleWant]{c}, errs)
	return errs[0]
}

func (m *modules) applyAll(ctx context.Context, cs []resource.TypedChange[resources.KernelModuleWant], errs []error) {
	defer m.forget()
	config, err := m.readConfig(ctx)
	var todo []moduleChange
	for i, c := range cs {
		if errs[i] = cmp.Or(errs[i], err); errs[i] == nil {
			todo = append(todo, planModule(i, c, config.about(c.Want.Name)))
		}
	}
	m.rewriteLines(ctx, resources.ModprobeFile, parseModprobe, todo, errs, func(c *moduleChange) ([]string, bool) { return c.modprobe, c.writesOptions })
	for i := range todo {
		c := &todo[i]
		if errs[c.index] == nil {
			errs[c.index] = m.move(ctx, c)
		}
	}
	m.rewriteLines(ctx, resources.ModulesLoadFile, parseModulesLoad, todo, errs, func(c *moduleChange) ([]string, bool) { return c.modulesLoad, c.writesList })
}

// Record implements [resource.Recorder]: it saves what the change leaves in converge's own files, so that a later edit
// of them is noticed when the change is taken back.
func (m *Modules) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	t, err := resource.TypeChange[resources.KernelModuleWant](c)
	if err != nil || c.Action == resource.Delete {
		return c, nil, err
	}
	config, err := m.modules.readConfig(ctx)
	if err != nil {
		return c, nil, err
	}
	plan := planModule(0, t, config.about(t.Want.Name))
	if plan.writesOptions {
		t.Want.Lines = resource.Some(plan.modprobe)
	}
	if plan.writesList {
		t.Want.Listed = resource.Some(len(plan.modulesLoad) > 0)
	}
	c.Want = resource.Encode(t.Want)
	return c, nil, nil
}

// planModule determines the steps of a change.
func planModule(index int, c resource.TypedChange[resources.KernelModuleWant], config moduleConfig) moduleChange {
	want, out := c.Want, moduleChange{TypedChange: c, index: index}
	removed := c.Action == resource.Delete
	out.load = c.Differs("loaded") && want.Loaded.Value == resources.ModuleLoaded
	out.unload = unloads(c)
	out.writesOptions = c.Differs("options") || c.Differs("saved") || c.Differs("lines") || removed
	out.writesList = c.Differs("saved") || c.Differs("listed") || removed
	switch {
	case removed:
	case want.Lines.Set || want.Listed.Set: // as they were before a run
		out.modprobe = want.Lines.Value
		if want.Listed.Value {
			out.modulesLoad = []string{want.Name}
		}
	default:
		out.modprobe = wantedLines(want, config)
		if want.Saved.Value == resources.ModuleLoaded {
			out.modulesLoad = []string{want.Name}
		}
	}
	return out
}

// unloads reports whether a change unloads a module.
func unloads(c resource.TypedChange[resources.KernelModuleWant]) bool {
	return c.Have != nil && c.Have.Loaded.Value == resources.ModuleLoaded && (c.Action == resource.Delete || c.Differs("loaded"))
}

// wantedLines are the lines of a module in converge's own file of modprobe.d. Options that
// are not managed stay.
func wantedLines(want resources.KernelModuleWant, config moduleConfig) (lines []string) {
	switch {
	case len(want.Options.Value) > 0:
		lines = append(lines, resources.ModuleOptions(want.Name, want.Options.Value))
	case !want.Options.Set:
		for _, l := range config.own(resources.ModprobeFile, want.Name) {
			if l.command == "options" {
				lines = append(lines, l.text)
			}
		}
	}
	if want.Saved.Value == resources.ModuleDisabled {
		lines = append(lines, resources.DisabledModule(want.Name)...)
	}
	return lines
}

// rewriteLines writes one file with the lines of all changes that have no error.
func (m *modules) rewriteLines(ctx context.Context, file string, parse func(string, []byte) []moduleLine, todo []moduleChange, errs []error, lines func(*moduleChange) ([]string, bool)) {
	var of []*moduleChange
	for i := range todo {
		if _, writes := lines(&todo[i]); writes && errs[todo[i].index] == nil {
			of = append(of, &todo[i])
		}
	}
	if len(of) == 0 {
		return
	}
	err := cmp.Or(ctx.Err(), rewrite(ctx, m.FS, file, func(text []byte) []byte {
		for _, c := range of {
			wanted, _ := lines(c)
			text = replaceModuleLines(text, parse, c.Want.Name, wanted)
		}
		return text
	}))
	for _, c := range of {
		errs[c.index] = err
	}
}

// move loads or unloads a module.
func (m *modules) move(ctx context.Context, c *moduleChange) error {
	switch {
	case !m.Live:
	case c.load:
		return m.modprobe(ctx, "load", c.Want.Name)
	case c.unload:
		users, err := m.findUsers(c.Want.Name)
		switch {
		case err != nil:
			return err
		case users != "" && c.Action == resource.Delete:
			return nil // it stays as long as it is in use
		case users != "":
			return fmt.Errorf("cannot unload the module %s: %s", c.Want.Name, users)
		}
		return m.modprobe(ctx, "unload", c.Want.Name)
	}
	return nil
}

func (m *modules) modprobe(ctx context.Context, verb, name string) error {
	argv := []string{"modprobe", name}
	if verb == "unload" {
		argv = []string{"modprobe", "-r", name}
	}
	r, err := m.Run(ctx, argv...)
	if err == nil && !r.OK() {
		err = errors.New(cmp.Or(strings.TrimSpace(r.Stdout+r.Stderr), r.How()))
	}
	if err != nil {
		return fmt.Errorf("cannot %s the module %s: %w", verb, name, err)
	}
	return nil
}
