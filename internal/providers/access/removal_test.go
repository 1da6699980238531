package access_test

import (
	"maps"
	"os"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// A key that must be absent goes with all of its lines unless options are declared, and all of
// them come back.
func TestRemovalOfAKey(t *testing.T) {
	const others, limited = "# mine\n" + keyOne + "\n", "no-pty " + keyTwo + " limited\n"
	const before = others + keyTwo + " two\n" + limited
	for _, c := range []struct {
		summary string
		attrs   map[string]cty.Value
		want    string
	}{
		{"by its fingerprint", resourcetest.Attrs("key", printTwo), others},
		{"by the key", resourcetest.Attrs("key", keyTwo), others},
		{"with options", resourcetest.Attrs("key", printTwo, "options", []string{"no-pty"}), others + keyTwo + " two\n"},
		{"without options", resourcetest.Attrs("key", printTwo, "options", ""), others + limited},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.write(t, deployKeys, before)
			h.give(t, deployKeys)
			kind := resources.AuthorizedKey(h.parts)
			attrs := maps.Clone(c.attrs)
			maps.Copy(attrs, resourcetest.Attrs("user", "deploy", "ensure", "absent"))
			r, err := resourcetest.Build(kind, &resourcetest.World{}, "gone", attrs)
			if err != nil {
				t.Fatal(err)
			}
			full, _, err := h.parts.Record(t.Context(), resourcetest.Plan(t, r))
			if err != nil {
				t.Fatal(err)
			}
			resourcetest.Converge(t, r)
			h.holds(t, c.want)
			back, err := kind.Undo(resource.Past{Name: "gone", Before: full.Have, After: full.Want})
			if err != nil || len(back) != 1 {
				t.Fatal(back, err)
			}
			again := &resource.Resource{Addr: r.Addr, Kind: kind, Want: cty.ObjectVal(back[0].Want)}
			resourcetest.Converge(t, again)
			if got, _ := os.ReadFile(h.root + deployKeys); string(got) != before {
				t.Errorf("taken back, it is %q", got)
			}
		})
	}
}
