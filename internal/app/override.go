package app

import (
	"fmt"
	"slices"
)

// overrides takes the site from the saved plan. Of the flags that say which
// site is meant only values of sensitive variables may be given again.
func (p *savedPlan) override(f *ApplyOptions) error {
	for _, name := range []string{"node", "root", "target", "prune"} {
		if slices.Contains(f.Given, name) {
			return fmt.Errorf("--%s is part of the saved plan and cannot be given again", name)
		}
	}
	f.Site.Saved, f.Site.Nodes, f.Site.Root = p.variables(), p.Nodes, p.Root
	f.Targets, f.Prune = p.Targets, p.Prune
	return nil
}
