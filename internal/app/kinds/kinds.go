// Package kinds lists the kinds of resources with what makes them: a new kind is
// one line here and one file in package resources. Start with [List]. It holds no
// kind and no provider itself.
package kinds

import (
	"converge/internal/resource"
	"converge/resources"
)

// Providers change a machine, one for each way of changing it. Kinds that share
// one are applied in one batch. The zero value serves commands that only read the
// kinds' documentation.
type Providers struct {
	Files    resource.Provider
	Packages resource.Provider // the machine's own package manager
	Farms    resource.Provider // symlink farms: packages with provider = "stow2"
	Services resource.Provider
	Commands resource.Provider
	Users    resource.Provider
	Groups   resource.Provider
	Kernel   resource.Provider
}

// List lists every kind of resource with what makes it. A new kind is one
// line here and one file in package resources.
func List(p Providers) []*resource.Kind {
	return []*resource.Kind{
		resources.Package(p.Packages, resources.NamedProvider{Name: resources.Stow2, Provider: p.Farms}),
		resources.File(p.Files),
		resources.Template(p.Files),
		resources.Directory(p.Files),
		resources.Link(p.Files),
		resources.Service(p.Services),
		resources.Exec(p.Commands),
		resources.User(p.Users),
		resources.Group(p.Groups),
		resources.Sysctl(p.Kernel),
	}
}

// Equip gives kinds that were made without providers theirs. A manifest is
// read before there is anything to change its site with.
func Equip(ks []*resource.Kind, p Providers) {
	for i, k := range List(p) {
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
