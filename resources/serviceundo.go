package resources

import (
	"maps"

	"converge/internal/resource"
)

// revertService is Undo for services. The links that make a unit start at boot go back to what they were, and no others
// do: some may have been there before, and others have been made since.
func revertService(p resource.Past, before, after ServiceWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) == 0 {
		return us, err
	}
	u := &us[0]
	if _, changed := u.Want["enabled"]; !changed {
		return us, nil
	}
	if !before.BootLinks.Set || !after.BootLinks.Set {
		leaveEnabled(u, before)
		return us, nil
	}
	made, removed := subtractLinks(after.BootLinks.Value, before.BootLinks.Value), subtractLinks(before.BootLinks.Value, after.BootLinks.Value)
	maps.Copy(u.Want, resource.EncodeAttrs(ServiceWant{MadeLinks: made, RemovedLinks: removed}))
	if before.Partly.Value {
		u.Notes = append(u.Notes, "it started at boot before, though not with all links of its [Install] section, and does so again")
	}
	return us, nil
}

// leaveEnabled keeps a unit enabled that started at boot before, if its links were not recorded.
func leaveEnabled(u *resource.RevertTarget, before ServiceWant) {
	if !before.Partly.Value {
		return
	}
	delete(u.Want, "enabled")
	delete(u.Made, "enabled")
	u.Notes = append(u.Notes, "it started at boot before, and stays enabled with all links of its [Install] section")
	u.Lost = append(u.Lost, "the links that enabled service "+before.Name)
}

// subtractLinks returns the links that only a has; not set if there are none.
func subtractLinks(a, b map[string]string) resource.Opt[map[string]string] {
	only := maps.Clone(a)
	maps.DeleteFunc(only, func(path, _ string) bool { return b[path] != "" })
	return resource.Opt[map[string]string]{Value: only, Set: len(only) > 0}
}
