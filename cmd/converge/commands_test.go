package main

import (
	"testing"

	"converge/internal/app/environ"
)

// TestCommandIsFoundByItsName shows that the program for one command contains only that command.
func TestCommandIsFoundByItsName(t *testing.T) {
	for _, c := range allCommands() {
		made := newRootFor(&environ.Env{}, []string{c.name, "--help"}).Commands()
		if len(made) != 1 || made[0].Name() != c.name {
			t.Errorf("%s makes %d commands, the first is %s", c.name, len(made), made[0].Name())
		}
	}
	for _, args := range [][]string{nil, {"--color", "never", "plan"}, {"help", "plan"}, {"__complete", ""}, {"plna"}} {
		if n := len(newRootFor(&environ.Env{}, args).Commands()); n != len(allCommands()) {
			t.Errorf("%q makes %d commands, not all", args, n)
		}
	}
}
