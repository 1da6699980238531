package ownership

import (
	"fmt"

	"converge/internal/resource"
	"converge/resources"
)

// bootSetting is a value of a parameter at boot, with the resource that has it set.
type bootSetting struct {
	resources.BootSetting
	r *resource.Resource
}

// addBoot adds what a resource has set at boot.
func (f *filesOf) addBoot(r *resource.Resource) {
	for _, s := range resources.BootSettings(r) {
		f.boot[s.Key] = append(f.boot[s.Key], bootSetting{s, r})
	}
}

// findOverride returns what gives a parameter another value at boot, in a file that is read after the one in which another
// site has it; nil: nothing does.
func (f filesOf) findOverride(e other) *contradiction {
	if e.Resource == nil || e.Resource.Kind == nil || e.Resource.Kind.Name != "sysctl" {
		return nil
	}
	for _, theirs := range resources.BootSettings(e.Resource) {
		for _, ours := range f.boot[theirs.Key] {
			if ours.Overrides(theirs) {
				return newContradiction(ours.r, e.LedgerEntry, fmt.Sprintf("sets another value in %q, which is read later at boot", ours.File), fmt.Sprintf("has it in %q", theirs.File), adviceParts)
			}
		}
	}
	return nil
}
