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

// List lists every kind of resource with what makes it. A new kind is a line
// here, a field of [Providers] if its provider is new, and a line in
// internal/app/machine that sets the field.
func List(p Providers) []*resource.Kind {
	return []*resource.Kind{
		resources.Package(p.Packages, append(p.Managers, resources.NamedProvider{Name: resources.Stow2, Provider: p.Farms})...),
		resources.File(p.Files),
		resources.Template(p.Files),
		resources.Directory(p.Files),
		resources.Link(p.Files),
		resources.Mount(p.Mounts),
		resources.Swap(p.Mounts),
		resources.Tree(p.Files),
		resources.Archive(p.Archives),
		resources.Service(p.Services),
		resources.Unit(p.Units),
		resources.Timer(p.Timers),
		resources.Cron(p.Files),
		resources.Sudoers(p.Files),
		resources.Exec(p.Commands),
		resources.User(p.Users),
		resources.Group(p.Groups),
		resources.Sysctl(p.Kernel),
		resources.KernelModule(p.Modules),
		resources.Timezone(p.Timezone),
		resources.Hostname(p.Hostname),
		resources.Locale(p.Locales),
		resources.Setting(p.Parts),
		resources.Line(p.Parts),
		resources.Block(p.Parts),
		resources.AuthorizedKey(p.Parts),
		resources.KnownHost(p.Parts),
		resources.Debconf(p.Answers),
		resources.Repository(p.Repositories),
		resources.Check(p.Probes),
		resources.Reboot(p.Reboots),
	}
}

// Equip gives kinds that were made without providers theirs. A manifest is
// read before there is anything to change its site with. It panics where p lacks
// the provider of a kind.
func Equip(ks []*resource.Kind, p Providers) {
	for i, k := range List(p) {
		if k.Provider == nil {
			panic(fmt.Sprintf("the kind %q has no provider: internal/app/machine sets none", k.Name))
		}
		ks[i].Provider, ks[i].Choose = k.Provider, k.Choose
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
