package reference

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func lamp() *resource.Kind {
	return &resource.Kind{
		Name: "lamp", Label: "name", Verbs: []string{"blink"},
		Doc:     "A lamp: it burns or it does not. It may be dimmed.\n\nA second paragraph.",
		Example: "lamp \"hall\" {\n  on = true\n}\n",
		Attrs: []resource.Attr{
			{Name: "name", Type: cty.String, Doc: "What it is called."},
			{Name: "on", Type: cty.Bool, Required: true, Doc: "Whether it\nburns."},
			{Name: "colour", Type: cty.String, OneOf: []string{"red", "white"}, Default: cty.StringVal("white"), Doc: "Its colour."},
			{Name: "pins", Type: cty.List(cty.Number), Secret: true, Doc: "Wiring."},
			{Name: "watts", Type: cty.Number, Computed: true, Doc: "What it draws."},
			{Name: "was", Type: cty.String, Computed: true, Internal: true, Doc: "What it was before, for a rollback."},
		},
	}
}

func TestPage(t *testing.T) {
	got := Page(lamp())
	for _, want := range []string{
		"# lamp\n\nA lamp: it burns", "```hcl\nlamp \"hall\" {", "* `name` (string, the label unless set): What it is called.",
		"* `on` (bool, required): Whether it burns.", "* `colour` (string, default `\"white\"`): Its colour. One of `red`, `white`.",
		"* `pins` (list(number), sensitive): Wiring.", "cannot set them:\n\n* `watts` (number)", "* `blink_on` (list of addresses)", "* `depends_on`",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("page lacks %q:\n%s", want, got)
		}
	}
	if got, want := Index([]*resource.Kind{lamp()}), "* [`lamp`](lamp.md): A lamp.\n"; !strings.Contains(got, want) {
		t.Errorf("index lacks %q:\n%s", want, got)
	}
}

func TestExplain(t *testing.T) {
	got := Explain(lamp(), 40)
	for _, want := range []string{"KIND\n    lamp\n", "    A lamp: it burns or it does not. It\n    may be dimmed.\n\n    A second", "    on  (bool, required)\n        Whether it burns.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("text lacks %q:\n%s", want, got)
		}
	}
	attr, ok := ExplainAttr(lamp(), "colour", 80)
	if want := "    lamp.colour  (string, default \"white\")\n        Its colour. One of `red`, `white`.\n"; !ok || attr != want {
		t.Errorf("attribute: %v\n%s\nwant\n%s", ok, attr, want)
	}
	if _, ok := ExplainAttr(lamp(), "color", 80); ok {
		t.Error("an attribute that is not there is explained")
	}
	if got, want := strings.Join(Attributes(lamp()), " "), "name on colour pins blink_on depends_on notifies for_each when on_failure protect audit"; got != want {
		t.Errorf("attributes %q, want %q", got, want)
	}
}

// TestTraits shows the summary of each kind of attribute.
func TestTraits(t *testing.T) {
	for _, c := range []struct {
		attr      resource.Attr
		kind, doc string
	}{
		{resource.Attr{Name: "a", Type: cty.String}, "string", ""},
		{resource.Attr{Name: "a", Doc: "Anything."}, "any", "Anything."},
		{resource.Attr{Name: "a", Type: cty.DynamicPseudoType}, "any", ""},
		{resource.Attr{Name: "a", Type: resource.BlobType, Secret: true}, "content, sensitive", ""},
		{resource.Attr{Name: "a", Type: cty.Map(cty.List(cty.Bool))}, "map(list(bool))", ""},
		{resource.Attr{Name: "a", Type: cty.Bool, Default: cty.True}, "bool, default `true`", ""},
		{resource.Attr{Name: "a", Type: cty.Bool, Default: cty.False, Required: true}, "bool, required, default `false`", ""},
		{resource.Attr{Name: "a", Type: cty.Number, Default: cty.NumberFloatVal(0.5)}, "number, default `0.5`", ""},
		{resource.Attr{Name: "a", Type: cty.String, Default: cty.NullVal(cty.String)}, "string", ""},
		{resource.Attr{Name: "a", Type: cty.List(cty.String), Default: cty.ListValEmpty(cty.String)}, "list(string)", ""},
		{resource.Attr{Name: "label", Type: cty.String, Required: true}, "string, the label unless set", ""},
		{resource.Attr{Name: "a", Type: cty.String, OneOf: []string{"x", "y"}}, "string", "One of `x`, `y`."},
		{resource.Attr{Name: "a", Type: cty.String, OneOf: []string{"x", "y"}, Doc: "With `x` this, with `y` that."}, "string", "With `x` this, with `y` that."},
		{resource.Attr{Name: "a", Type: cty.String, OneOf: []string{"x", "y"}, Doc: "With `x` this."}, "string", "With `x` this. One of `x`, `y`."},
	} {
		k := &resource.Kind{Name: "k", Label: "label", Attrs: []resource.Attr{c.attr}}
		if got := listSettable(k)[0]; got != (item{c.attr.Name, c.kind, c.doc}) {
			t.Errorf("%+v is shown as %+v, want %q, %q", c.attr, got, c.kind, c.doc)
		}
	}
	for doc, want := range map[string]string{
		"A lamp. It burns.": "A lamp.", "A lamp: it burns. Or not.": "A lamp.", "A lamp\nthat burns.": "A lamp", "A lamp.": "A lamp.",
	} {
		if got := Summary(&resource.Kind{Doc: doc}); got != want {
			t.Errorf("%q is %q in short, want %q", doc, got, want)
		}
	}
}
