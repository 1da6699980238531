package resources

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// revertArchive is Undo for an archive: the kept tree replaces the one that the run has put there.
func revertArchive(p resource.Past, before, after ArchiveWant) ([]resource.RevertTarget, error) {
	made := p.AsMade()
	if after.Link.Set {
		made["link"] = cty.StringVal(string(after.Link.Value))
	}
	if p.IsHiddenAfter("owner") || p.IsHiddenAfter("group") { // then nothing shows what belongs to another owner
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
		u.Replaces = !p.WasRemoved() && !strings.Contains(before.Kept.Value, " removed in part") // that is put beside the present files
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

// leftOfArchive names the older trees and versions that a run has removed because of keep: they are lost.
func leftOfArchive(p resource.Past) (out []string) {
	before, err := resource.DecodeRecorded[ArchiveWant](p.Before)
	if err != nil {
		return nil // Undo reports that
	}
	after, err := resource.DecodeRecorded[ArchiveWant](p.After)
	if err != nil {
		return nil
	}
	for _, at := range before.Trimmed.Value {
		at = resource.DecodeBytes(at)
		what := "the old version"
		if strings.HasPrefix(path.Base(at), ".") { // the name of a version begins with a digit of its digest
			what = "the older tree"
		}
		out = append(out, fmt.Sprintf("%s %q, which keep = %d has removed", what, at, after.Keeps()))
	}
	return out
}
