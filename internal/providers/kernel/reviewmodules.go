package kernel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/resource"
	"converge/resources"
)

// Act implements [resource.Actor]. The verb is reload. A module that is not loaded gets its options when it is loaded.
func (m *Modules) Act(ctx context.Context, value cty.Value, verb string) error {
	want, err := resource.Decode[resources.KernelModuleWant](value)
	if err != nil || !m.modules.isLoaded(want.Name) {
		return err
	}
	defer m.modules.forget()
	if err := m.modules.modprobe(ctx, "unload", want.Name); err != nil {
		return err
	}
	return m.modules.modprobe(ctx, "load", want.Name)
}

// Satisfied implements [resource.Actor]: a boot has loaded the module anew.
func (m *Modules) Satisfied(_ context.Context, value cty.Value, _ string, since resource.Instant) (bool, error) {
	want, err := resource.Decode[resources.KernelModuleWant](value)
	return err == nil && m.modules.needsNoReload(want.Name, since), err
}

func (m *modules) needsNoReload(name string, since resource.Instant) bool {
	return !m.isLoaded(name) || m.Boot != "" && since.Boot != "" && since.Boot != m.Boot
}

// isLoaded reports whether the module is loaded and not built in.
func (m *modules) isLoaded(name string) bool {
	_, err := m.FS.Lstat("/sys/module/" + name + "/initstate")
	return m.Live && err == nil
}

// Review implements [resource.Reviewer].
func (m *Modules) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast && o.Ask != resource.AskAction {
		return r
	}
	t, err := resource.TypeChange[resources.KernelModuleWant](c)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if o.Ask == resource.AskAction {
		return m.modules.reviewReload(t.Want, o)
	}
	if c.Empty() {
		r.Owner = m.modules.keptLoaded(t.Want)
		return r
	}
	r.Notes = m.modules.notesOn(t)
	loads := c.Differs("loaded") && t.Want.Loaded.Value == resources.ModuleLoaded
	if (loads || unloads(t)) && m.modules.Live && o.Pending == resource.NothingPending {
		r.Blocked = m.modules.checkMove(t)
	}
	if o.Pending == resource.NothingPending && r.Blocked == nil && c.Action != resource.Delete {
		r.Blocked = m.modules.checkFiles(t.Want)
	}
	return r
}

// checkFiles returns why the lines of a module cannot be written.
func (m *modules) checkFiles(want resources.KernelModuleWant) error {
	switch {
	case want.Options.Set || want.Saved.Value == resources.ModuleDisabled:
		return checkFile(m.FS, resources.ModprobeFile)
	case want.Saved.Value == resources.ModuleLoaded:
		return checkFile(m.FS, resources.ModulesLoadFile)
	}
	return nil
}

func (m *modules) reviewReload(want resources.KernelModuleWant, o resource.Outlook) (r resource.Review) {
	r.Satisfied = len(o.Owed) > 0
	for _, since := range o.Owed {
		r.Satisfied = r.Satisfied && m.needsNoReload(want.Name, since)
	}
	if m.isLoaded(want.Name) && o.Pending == resource.NothingPending {
		r.Blocked = m.checkRight("reload", want.Name)
	}
	return r
}

// keptLoaded explains why a module that should be absent is still loaded.
func (m *modules) keptLoaded(want resources.KernelModuleWant) string {
	if !want.IsAbsent() || !want.Live.Or(true) || !m.isLoaded(want.Name) {
		return ""
	}
	if users, err := m.findUsers(want.Name); err == nil && users != "" {
		return "it stays loaded: " + users
	}
	return ""
}

// notesOn describes when a change takes effect.
func (m *modules) notesOn(t resource.TypedChange[resources.KernelModuleWant]) (notes []string) {
	if t.Differs("options") && m.isLoaded(t.Want.Name) {
		notes = append(notes, "the module is loaded: its options apply from the next load (notify its verb reload, or reboot)")
	}
	if t.Differs("options") || t.Want.Disabled.Value && t.Differs("saved") {
		if command := m.findInitramfs(); command != "" {
			notes = append(notes, "the initramfs has its own copy of these lines until it is made again ("+command+")")
		}
	}
	return notes
}

// findInitramfs returns the command that makes the initramfs of this host; "" if none is
// installed.
func (m *modules) findInitramfs() string {
	for _, c := range [][2]string{
		{"/usr/sbin/update-initramfs", "update-initramfs -u"}, {"/usr/bin/dracut", "dracut -f"},
		{"/usr/bin/mkinitcpio", "mkinitcpio -P"}, {"/sbin/mkinitfs", "mkinitfs"},
	} {
		if _, err := m.FS.Stat(c[0]); err == nil {
			return c[1]
		}
	}
	return ""
}

// checkMove returns why a module cannot be loaded or unloaded.
func (m *modules) checkMove(t resource.TypedChange[resources.KernelModuleWant]) error {
	name := t.Want.Name
	if t.Want.Loaded.Value == resources.ModuleLoaded {
		return m.checkRight("load", name)
	}
	users, err := m.findUsers(name)
	if err == nil && users != "" && t.Action != resource.Delete {
		err = fmt.Errorf("cannot unload the module %s: %s; with live = false it is disabled from the next boot", name, users)
	}
	if err != nil {
		return err
	}
	return m.checkRight("unload", name)
}

// checkRight returns why this process may not load or unload modules.
func (m *modules) checkRight(verb, name string) error {
	if text, err := m.FS.ReadFile("/proc/sys/kernel/modules_disabled", maxFile); err == nil && strings.TrimSpace(string(text)) == "1" {
		return fmt.Errorf("cannot %s the module %s: kernel.modules_disabled is 1 until the next boot; with live = false only the boot side is managed", verb, name)
	}
	if !m.FS.HasCapability(unix.CAP_SYS_MODULE) {
		return errors.New("cannot " + verb + " the module " + name + ": this process has no right to (CAP_SYS_MODULE), as in a container; with live = false only the boot side is managed")
	}
	return nil
}

var _ interface {
	resource.Provider
	resource.Transactor
	resource.Actor
	resource.Reviewer
	resource.Invalidator
} = (*Modules)(nil)
