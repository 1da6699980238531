package main

import (
	"fmt"
	"slices"
)

// overrides takes the site from the saved plan. Of the flags that say which
// site is meant only values of sensitive variables may be given again.
func (p *savedPlan) overrides(f *applyOptions) error {
	for _, name := range []string{"node", "root", "target", "prune"} {
		if slices.Contains(f.given, name) {
			return fmt.Errorf("--%s is part of the saved plan and cannot be given again", name)
		}
	}
	f.site.saved, f.site.nodes, f.site.root = p.vars(), p.Nodes, p.Root
	f.targets, f.prune = p.Targets, p.Prune
	return nil
}
