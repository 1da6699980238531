package main

import (
	"converge/internal/engine"
	"converge/internal/providers/command"
	"converge/internal/providers/service"
	"converge/internal/resource"
)

// joinMachine joins what the engine asks of the machine as a whole.
func joinMachine(services *service.Provider, commands *command.Provider) engine.Machine {
	return engine.Machine{
		Followers: []resource.Invalidator{services, commands},
		Finishers: []engine.Finisher{services},
	}
}
