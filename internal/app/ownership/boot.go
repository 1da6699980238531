package ownership

import (
	"fmt"

	"converge/internal/resource"
	"converge/resources"
)

// bootSetting is a value of a parameter at boot, with the resource that sets it.
type bootSetting struct {
	resources.BootSetting
	r *resource.Resource
}

// addBoot adds the values that a resource sets at boot.
func (f *filesOf) addBoot(r *resource.Resource) {
	if resources.IsModuleFile(r) {
		f.modules = append(f.modules, r)
	}
	if resources.IsAtBoot(r) {
		f.sysctls = append(f.sysctls, r)
	}
	for _, s := range resources.BootSettings(r) {
		f.boot[s.Key] = append(f.boot[s.Key], bootSetting{s, r})
	}
}

// findOverride returns the resource that gives a parameter another value at boot than another site wants, in a file
// that is read after that site's, or by removing the value that the site found; nil: there is none.
func (f filesOf) findOverride(e other) *contradiction {
	if e.Resource == nil || e.Resource.Kind == nil || e.Resource.Kind.Name != "sysctl" {
		return nil
	}
	for _, theirs := range resources.BootSettings(e.Resource) {
		for _, r := range f.sysctls {
			if file := resources.TakesBootSetting(f.read, r, theirs.Key, theirs.Value, f.conf()); file != "" && file != theirs.File {
				return newContradiction(r, e.LedgerEntry, fmt.Sprintf("takes the value away that %q sets at boot", file), "has that value by it", adviceParts)
			}
		}
		for _, ours := range f.boot[theirs.Key] {
			if ours.Overrides(theirs, f.conf()) {
				return newContradiction(ours.r, e.LedgerEntry, fmt.Sprintf("sets another value in %q, which is read later at boot", ours.File), fmt.Sprintf("has it in %q", theirs.File), adviceParts)
			}
		}
	}
	return nil
}

// findModuleOverride returns the resource that prevents a module of the kernel from being as another site declares it;
// nil: there is none.
func (f filesOf) findModuleOverride(e other) *contradiction {
	if e.Resource == nil || e.Resource.Kind == nil || e.Resource.Kind.Name != "kernel_module" {
		return nil
	}
	for _, r := range f.modules {
		if what := resources.OverridesModule(f.read, r, e.Resource); what != "" {
			return newContradiction(r, e.LedgerEntry, what, "wants it otherwise", adviceFails)
		}
	}
	return nil
}
