package engine

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestAttributesArePutBackEachByItself: of a kind with RestoresAttrs, what was changed since stays, and does not keep
// the other attributes.
func TestAttributesArePutBackEachByItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now          twoSided
		edited       bool
		left, spared string
	}{
		"as it was left":   {now: twoSided{"1", "1"}},
		"one was changed":  {now: twoSided{"2", "1"}, edited: true, left: "saved", spared: "live_value (1 → 2)"},
		"the other was":    {now: twoSided{"1", "2"}, edited: true, left: "live_value", spared: "saved (1 → 2)"},
		"both were":        {now: twoSided{"2", "2"}, edited: true},
		"one was put back": {now: twoSided{"0", "2"}, edited: true},
	} {
		k := &resource.Kind{
			Name: "two", Label: "name", Restores: true, RestoresAttrs: true, Provider: &c.now,
			Attrs: []resource.Attr{
				{Name: "name", Type: cty.String, Required: true},
				{Name: "live_value", Type: cty.String},
				{Name: "saved", Type: cty.String},
			},
		}
		value := func(v string) cty.Value {
			return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("t"), "live_value": cty.StringVal(v), "saved": cty.StringVal(v)})
		}
		past := &resource.Past{Kind: k, Name: "t", Before: value("0"), After: value("1")}
		s := orphanStep{Orphan: Orphan{Key: "two:t", Kind: k, ID: "t", Past: past}, node: -1}
		res, made, err := s.WantNoMore()
		if err != nil {
			t.Fatal(name, err)
		}
		have, err := observe(t.Context(), res)
		if err != nil {
			t.Fatal(name, err)
		}
		s.res, s.made, s.change = res, made, resource.Diff(res, have)
		r := &orphanReviewer{planner: &planner{}}
		if edited := r.o.isEdited(t.Context(), &s); edited != c.edited {
			t.Errorf("%s: edited %v", name, edited)
		} else if !edited {
			continue
		}
		var left []string
		if r.spareSide(t.Context(), &s) {
			for _, a := range s.change.Attrs {
				left = append(left, a.Name)
			}
		}
		if got := strings.Join(left, ","); got != c.left || c.left != "" && !strings.HasSuffix(s.spared, c.spared) {
			t.Errorf("%s: taken back: %q, want %q (%q)", name, got, c.left, s.spared)
		}
	}
}
