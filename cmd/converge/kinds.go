package main

import (
	"converge/internal/resource"
	"converge/resources"
)

// providers change a machine, one for each way of changing it. Kinds that share
// one are applied in one batch. The zero value serves commands that only read the
// kinds' documentation.
type providers struct {
	files    resource.Provider
	packages resource.Provider // the machine's own package manager
	farms    resource.Provider // symlink farms: packages with provider = "stow2"
	services resource.Provider
	commands resource.Provider
	users    resource.Provider
	groups   resource.Provider
}

// kinds lists every kind of resource with what makes it. A new kind is one
// line here and one file in package resources.
func kinds(p providers) []*resource.Kind {
	return []*resource.Kind{
		resources.Package(p.packages, resources.NamedProvider{Name: resources.Stow2, Provider: p.farms}),
		resources.File(p.files),
		resources.Template(p.files),
		resources.Directory(p.files),
		resources.Link(p.files),
		resources.Service(p.services),
		resources.Exec(p.commands),
		resources.User(p.users),
		resources.Group(p.groups),
	}
}

// equip gives kinds that were made without providers theirs. A manifest is
// read before there is anything to change its site with.
func equip(ks []*resource.Kind, p providers) {
	for i, k := range kinds(p) {
		ks[i].Provider, ks[i].Choose = k.Provider, k.Choose
	}
}
