package main

import (
	"converge/internal/engine"
	"converge/internal/providers/command"
	"converge/internal/providers/service"
	"converge/internal/resource"
)

// joinMachine joins what the engine asks of the machine as a whole from the
// providers; ks are the kinds that these were given to.
func joinMachine(ks []*resource.Kind, services *service.Provider, commands *command.Provider, packages ...engine.Shipper) engine.Machine {
	m := engine.Machine{
		Followers: []resource.Invalidator{services, commands},
		Finishers: []engine.Finisher{services},
		Shippers:  packages,
		Derives:   services.Derives,
	}
	for _, k := range ks {
		if k.Provider == resource.Provider(services) {
			m.Retirers = append(m.Retirers, engine.Retirer{Kind: k, Retiring: services.Retiring})
		}
	}
	return m
}
