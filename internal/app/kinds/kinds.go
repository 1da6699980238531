// Package kinds lists the kinds of resources with their makers. Start with [New]. It holds no kind and no provider
// itself.
package kinds

import (
	"fmt"

	"converge/internal/resource"
	"converge/resources"
)

// Providers change a machine, one for each way of changing it. Kinds that share a provider are applied in one batch.
// The zero value serves commands that only read the kinds' documentation.
type Providers struct {
	Files    resource.Provider
	Archives resource.Provider
	Mounts   resource.Provider         // and swap space
	Packages resource.Provider         // the machine's own package manager
	Farms    resource.Provider         // symlink farms: packages with provider = "stow2"
	Managers []resources.NamedProvider // the other native package managers, which packages name
	Services resource.Provider
	Units    resource.Provider
	Timers   resource.Provider
	Commands resource.Provider
	Users    resource.Provider
	Groups   resource.Provider
	Kernel   resource.Provider
	Modules  resource.Provider // of the kernel
	Parts    resource.Provider // of files: settings, lines, blocks, keys, known hosts
	Probes   resource.Provider
	Reboots  resource.Provider
	Timezone resource.Provider
	Hostname resource.Provider
	Locales  resource.Provider
	Answers  resource.Provider // to the questions of packages

	Repositories resource.Provider
}

// maker makes the kind with a name from the provider of its resources.
type maker struct {
	name string
	make func(by resource.Provider) *resource.Kind
	by   resource.Provider
}

// makers are the makers of all kinds. A new kind needs a line here, a field of [Providers] if its provider is new, and
// a line in internal/app/machine that sets the field.
func makers(p Providers) []maker {
	return []maker{
		{"package", func(by resource.Provider) *resource.Kind { return resources.Package(by, p.named()...) }, p.Packages},
		{"file", resources.File, p.Files},
		{"template", resources.Template, p.Files},
		{"directory", resources.Directory, p.Files},
		{"link", resources.Link, p.Files},
		{"mount", resources.Mount, p.Mounts},
		{"swap", resources.Swap, p.Mounts},
		{"tree", resources.Tree, p.Files},
		{"archive", resources.Archive, p.Archives},
		{"service", resources.Service, p.Services},
		{"unit", resources.Unit, p.Units},
		{"timer", resources.Timer, p.Timers},
		{"cron", resources.Cron, p.Files},
		{"sudoers", resources.Sudoers, p.Files},
		{"exec", resources.Exec, p.Commands},
		{"user", resources.User, p.Users},
		{"group", resources.Group, p.Groups},
		{"sysctl", resources.Sysctl, p.Kernel},
		{"kernel_module", resources.KernelModule, p.Modules},
		{"timezone", resources.Timezone, p.Timezone},
		{"hostname", resources.Hostname, p.Hostname},
		{"locale", resources.Locale, p.Locales},
		{"setting", resources.Setting, p.Parts},
		{"line", resources.Line, p.Parts},
		{"block", resources.Block, p.Parts},
		{"authorized_key", resources.AuthorizedKey, p.Parts},
		{"known_host", resources.KnownHost, p.Parts},
		{"debconf", resources.Debconf, p.Answers},
		{"repository", resources.Repository, p.Repositories},
		{"check", resources.Check, p.Probes},
		{"reboot", resources.Reboot, p.Reboots},
	}
}

// named lists the providers that a package may name.
func (p Providers) named() []resources.NamedProvider {
	return append(p.Managers, resources.NamedProvider{Name: resources.Stow2, Provider: p.Farms})
}

// New returns every kind, without providers. [Equip] sets these.
func New() *resource.Kinds {
	ms := makers(Providers{})
	all := make([]resource.KindMaker, len(ms))
	for i, m := range ms {
		all[i] = resource.KindMaker{Name: m.name, Make: func() *resource.Kind { return m.make(nil) }}
	}
	return resource.NewKinds(all...)
}

// Equip sets the providers of the kinds of [New]: a manifest is read before they exist. It panics if p lacks the
// provider of a kind.
func Equip(ks *resource.Kinds, p Providers) {
	by := map[string]resource.Provider{}
	for _, m := range makers(p) {
		if m.by == nil {
			panic(fmt.Sprintf("the kind %q has no provider: internal/app/machine sets none", m.name))
		}
		by[m.name] = m.by
	}
	ks.Complete(func(k *resource.Kind) {
		if k.Provider = by[k.Name]; k.Choose != nil {
			k.Choose = resources.ChooseAmong(p.named())
		}
	})
}
