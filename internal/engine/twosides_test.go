package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// twoSided is a thing with a side that runs and one for the boot. One of "" is not there.
type twoSided struct{ live, boot string }

func (p *twoSided) Observe(_ context.Context, want cty.Value) (cty.Value, error) {
	have := map[string]cty.Value{"name": cty.StringVal("t")}
	if resource.HasAttr(want, "live_value") || !resource.HasAttr(want, "live") {
		have["live_value"] = cty.StringVal(p.live)
	}
	if have["saved"] = cty.StringVal(p.boot); p.boot == "" && resource.WantsAbsent(want) {
		return resource.Absent, nil
	}
	return cty.ObjectVal(have), nil
}

func (p *twoSided) Apply(context.Context, resource.Change) error { return nil }

// TestEachSideIsTakenBackByItself: what was changed since on one side stays, and does not keep
// the other. A thing that goes is let go of where its boot side was changed.
func TestEachSideIsTakenBackByItself(t *testing.T) {
	t.Parallel()
	type sides map[string]string
	for name, c := range map[string]struct {
		now     twoSided
		created bool
		edited  bool // at all
		left    string
	}{
		"as it was left":       {now: twoSided{"1", "1"}, left: "live_value,saved"},
		"live was changed":     {now: twoSided{"2", "1"}, edited: true, left: "saved"},
		"the boot was changed": {now: twoSided{"1", "2"}, edited: true, left: "live_value"},
		"both were changed":    {now: twoSided{"2", "2"}, edited: true},
		"only live is to be taken back, and was changed": {now: twoSided{"2", "0"}, edited: true},
		"created, live was changed":                      {now: twoSided{"2", "1"}, created: true, edited: true, left: "gone"},
		"created, the boot was changed":                  {now: twoSided{"1", "2"}, created: true, edited: true},
	} {
		k := &resource.Kind{
			Name: "two", Label: "name", Restores: true, BootOnly: map[string]cty.Value{"live": cty.False}, Provider: &c.now,
			Attrs: []resource.Attr{
				{Name: "name", Type: cty.String, Required: true},
				{Name: "ensure", Type: cty.String, OneOf: []string{"present", "absent"}},
				{Name: "live", Type: cty.Bool, Option: true},
				{Name: "live_value", Brief: "live", Type: cty.String, Computed: true, Live: true},
				{Name: "saved", Type: cty.String, Computed: true},
			},
		}
		value := func(s sides) cty.Value {
			m := map[string]cty.Value{"name": cty.StringVal("t")}
			for name, v := range s {
				m[name] = cty.StringVal(v)
			}
			return cty.ObjectVal(m)
		}
		past := &resource.Past{Kind: k, Name: "t", Before: value(sides{"live_value": "0", "saved": "0"}), After: value(sides{"live_value": "1", "saved": "1"})}
		if c.created {
			past.Before = resource.Absent
		}
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
		spared := r.spareSide(t.Context(), &s)
		left := ""
		if spared {
			var names []string
			for _, a := range s.change.Attrs {
				names = append(names, a.Name)
			}
			if left = strings.Join(names, ","); s.change.Action == resource.Delete {
				left = "gone"
			}
		}
		if left != c.left {
			t.Errorf("%s: taken back: %q, want %q (%q)", name, left, c.left, s.spared)
		}
		if spared && !strings.Contains(s.spared, "(1 → 2)") {
			t.Errorf("%s: the note does not name what stays: %q", name, s.spared)
		}
	}
}
