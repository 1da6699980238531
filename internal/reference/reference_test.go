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
	if got, want := strings.Join(Attributes(lamp()), " "), "name on colour pins blink_on depends_on notifies for_each when on_failure"; got != want {
		t.Errorf("attributes %q, want %q", got, want)
	}
}
