// Package kinds lists the kinds of resources with what makes them. Start with
// [List]. It holds no kind and no provider itself.
package kinds

import (
	"fmt"

	"converge/internal/resource"
	"converge/resources"
)

// Providers change a machine, one for each way of changing it. Kinds that share
// one are applied in one batch. The zero value serves commands that only read the
// kinds' documentation.
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

// maker makes a kind with what makes its resources.
type maker struct {
	make func(by resource.Provider) *resource.Kind
	by   resource.Provider
}

// makers are those of every kind. A new kind is a line here, a field of [Providers] if its
// provider is new, and a line in internal/app/machine that sets the field.
func makers(p Providers) []maker {
	return []maker{
		{func(by resource.Provider) *resource.Kind { return resources.Package(by, p.named()...) }, p.Packages},
		{resources.File, p.Files},
		{resources.Template, p.Files},
		{resources.Directory, p.Files},
		{resources.Link, p.Files},
		{resources.Mount, p.Mounts},
		{resources.Swap, p.Mounts},
		{resources.Tree, p.Files},
		{resources.Archive, p.Archives},
		{resources.Service, p.Services},
		{resources.Unit, p.Units},
		{resources.Timer, p.Timers},
		{resources.Cron, p.Files},
		{resources.Sudoers, p.Files},
		{resources.Exec, p.Commands},
		{resources.User, p.Users},
		{resources.Group, p.Groups},
		{resources.Sysctl, p.Kernel},
		{resources.KernelModule, p.Modules},
		{resources.Timezone, p.Timezone},
		{resources.Hostname, p.Hostname},
		{resources.Locale, p.Locales},
		{resources.Setting, p.Parts},
		{resources.Line, p.Parts},
		{resources.Block, p.Parts},
		{resources.AuthorizedKey, p.Parts},
		{resources.KnownHost, p.Parts},
		{resources.Debconf, p.Answers},
		{resources.Repository, p.Repositories},
		{resources.Check, p.Probes},
		{resources.Reboot, p.Reboots},
	}
}

// named are the providers that a package may name.
func (p Providers) named() []resources.NamedProvider {
	return append(p.Managers, resources.NamedProvider{Name: resources.Stow2, Provider: p.Farms})
}

// List lists every kind of resource with what makes it.
func List(p Providers) []*resource.Kind {
	var out []*resource.Kind
	for _, m := range makers(p) {
		out = append(out, m.make(m.by))
	}
	return out
}

// Equip gives kinds that were made by [List] without providers theirs. A manifest is
// read before there is anything to change its site with. It panics where p lacks
// the provider of a kind.
func Equip(ks []*resource.Kind, p Providers) {
	for i, m := range makers(p) {
		if m.by == nil {
			panic(fmt.Sprintf("the kind %q has no provider: internal/app/machine sets none", ks[i].Name))
		}
		if ks[i].Provider = m.by; ks[i].Choose != nil {
			ks[i].Choose = resources.ChooseAmong(p.named())
		}
	}
}

// Find returns the kind of that name, nil if there is none.
func Find(ks []*resource.Kind, name string) *resource.Kind {
	for _, k := range ks {
		if k.Name == name {
			return k
		}
	}
	return nil
}
