package output

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// What the journal has as sensitive, or may be, hides no line that another resource of a rollback shows, except one that
// only contents of something else show: they may have a secret of before a rotation.
func TestRecordedSecretsHideNoUsualLines(t *testing.T) {
	kind := resources.File(nil)
	file := func(content string, secret, presumed bool) *resource.Resource {
		r := &resource.Resource{Kind: kind, Presumed: presumed, Want: cty.ObjectVal(map[string]cty.Value{"content": resource.BlobVal(resource.BytesBlob([]byte(content)))})}
		if secret {
			r.Secret = map[string]bool{"content": true}
		}
		return r
	}
	written := func(content string) *resource.Resource {
		r := file(content, false, false)
		r.Written = true
		return r
	}
	const text = "# Made by converge\n  password = hunter22\nshort\n"
	for _, c := range []struct {
		name string
		rs   []*resource.Resource
		want string
	}{
		{"declared", []*resource.Resource{file(text, true, false), written("# Made by converge\n")}, "# Made by converge (sensitive) short"},
		{"declared, of one line", []*resource.Resource{file("# Made by converge\n", true, false), written("# Made by converge\n")}, "(sensitive) password = hunter22 short"},
		{"declared, and in a content of something else", []*resource.Resource{file(text, true, false), file("x\n# Made by converge\n", false, false)}, "(sensitive) (sensitive) short"},
		{"presumed", []*resource.Resource{file(text, true, true), file("x\n# Made by converge\n", false, false)}, "# Made by converge (sensitive) short"},
		{"presumed, of one line", []*resource.Resource{file("# Made by converge\n", true, true), file("# Made by converge\n", false, false)}, "# Made by converge password = hunter22 short"},
		{"presumed, and a secret of another", []*resource.Resource{file(text, true, true), file("# Made by converge\n", true, false)}, "(sensitive) (sensitive) short"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := FindRecorded(c.rs).String("# Made by converge password = hunter22 short"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
