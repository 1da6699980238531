package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// TestPartsLeaveNoEntry: a part that is taken back has the entry that it had before the run, by
// whatever name it comes back, and though another file has a part of the same name.
func TestPartsLeaveNoEntry(t *testing.T) {
	kind := &resource.Kind{Name: "part", Label: "name", Attrs: []resource.Attr{{Name: "name", Type: cty.String}, {Name: "ensure", Type: cty.String}}}
	var taken []RevertSource
	var keys []string
	for _, file := range []string{"/etc/a", "/etc/b"} {
		keys = append(keys, resource.PartKey(file, "k"))
		taken = append(taken, RevertSource{
			Addr: resource.Addr{Kind: "part", Name: file}, Kind: kind, Whole: true,
			Past: resource.Past{Name: "k", Key: resource.PartKey(file, "k"), Before: resource.Absent, After: cty.ObjectVal(resourcetest.Attrs("name", "k"))},
		})
	}
	along := Undo("run", taken, nil, nil).Along
	slices.Sort(along)
	if d := cmp.Diff(keys, along); d != "" {
		t.Error(d)
	}
}
