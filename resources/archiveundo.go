package resources

import (
	"errors"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// revertArchive is Undo for an archive: the tree that was kept takes the place of the one
// that the run has put there.
func revertArchive(p resource.Past, before, after ArchiveWant) ([]resource.RevertTarget, error) {
	made := p.AsMade()
	if after.Link.Set {
		made["link"] = cty.StringVal(string(after.Link.Value))
	}
	if p.IsHiddenAfter("owner") || p.IsHiddenAfter("group") { // so that nothing tells what belongs to another
		for _, name := range []string{"owner", "group", "differing"} {
			delete(made, name)
		}
	}
	u := resource.RevertTarget{Made: made, Want: p.Identity("keep")}
	switch {
	case p.WasCreated() && p.WasRemoved():
		return nil, nil
	case p.WasCreated():
		u.Want = p.Identity("link")
		u.Want["ensure"] = cty.StringVal("absent")
		u.Want["edited"] = cty.True
		return []resource.RevertTarget{u}, nil
	case before.Kept.Set:
		u.Want["restore"] = cty.StringVal(before.Kept.Value)
		u.Replaces = !p.WasRemoved() && !strings.Contains(before.Kept.Value, " removed in part") // that is put beside what is there
	case !before.Points.Set:
		return nil, errors.New("the old tree was not kept: keep = 1")
	}
	if before.Unpacked.Set {
		u.Want["dropped"] = cty.StringVal(before.Unpacked.Value)
	}
	was := resource.PickAttrs(resource.AttrsOf(p.Before), "version", "link", "points")
	if before.Points.Set && (p.WasRemoved() || !after.Link.Set) {
		was["version"] = cty.StringVal(path.Base(before.Points.Value))
	} else if strings.Contains(before.Version.Value, ", ") { // several that were removed together
		delete(was, "version")
	}
	for name, v := range was {
		u.Want[name] = v
	}
	return []resource.RevertTarget{u}, nil
}
