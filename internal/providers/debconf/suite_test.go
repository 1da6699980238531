package debconf

import (
	"os"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func answer(typ string, value cty.Value) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal(typ), "value": value})
}

func text(s string) cty.Value { return cty.StringVal(s) }

func attrs(owner string, pairs ...any) map[string]cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1].(cty.Value)
	}
	return map[string]cty.Value{"package": text(owner), "answers": cty.ObjectVal(m)}
}

// replace is a drift: a text in a file of the database is another.
func replace(file, from, to string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		at := w.Root + "/var/cache/debconf/" + file + ".dat"
		data, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		now := strings.Replace(string(data), from, to, 1)
		if now == string(data) {
			t.Fatalf("%s has no %q:\n%s", at, from, data)
		}
		put(t, at, now)
		w.Provider.(resource.Invalidator).Invalidate(nil)
	}
}

// has checks that a file of the database has a text.
func has(pairs ...string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		for i := 0; i < len(pairs); i += 2 {
			data, err := os.ReadFile(w.Root + "/var/cache/debconf/" + pairs[i] + ".dat")
			if err != nil || !strings.Contains(string(data), pairs[i+1]) {
				t.Errorf("%s has no %q: %v\n%s", pairs[i], pairs[i+1], err, data)
			}
		}
	}
}

func TestConformance(t *testing.T) {
	const standing = "a question without an answer is one, too"
	resourcetest.Suite{
		Kind: resources.Debconf,
		World: func(t testing.TB) *resourcetest.World {
			p, l, _ := machine(t)
			return worldOf(l.root, p)
		},
		Without: map[resourcetest.Part]string{
			resourcetest.Removal: "answers are put back and not removed: the kind has no ensure",
			resourcetest.Kept:    "the flags and the owners of a question come back with its answer: the part undone compares all files",
			resourcetest.Aliases: "a package has one name here, without an architecture",
			resourcetest.Bytes:   "the names of packages are letters, digits and few others",
		},
		Cases: []resourcetest.Case{
			{
				Name: "a package that is not there yet", Standing: standing,
				Want:  attrs("tzdata", "tzdata/Areas", answer("select", text("Europe")), "tzdata/Zones/Europe", answer("select", text("Berlin"))),
				Check: has("config", "Name: tzdata/Areas\nTemplate: tzdata/Areas\nValue: Europe\nOwners: tzdata\nFlags: seen\n", "templates", "Name: tzdata/Areas\nDescription: Dummy template\nType: select\n"),
				Drifts: []resourcetest.Drift{
					{Name: "changed by an admin", Attr: "values", Do: replace("config", "Value: Berlin", "Value: Paris")},
					{Name: "never answered", Attr: "values", Do: replace("config", "Value: Europe\n", "")},
				},
			},
			{
				Name: "a question that another package asks", Standing: standing,
				Want:  attrs("mine", "shared/list", answer("multiselect", cty.TupleVal([]cty.Value{text("c, d"), text("b")}))),
				Check: has("config", "Value: c\\, d, b\nOwners: mine, other\nFlags: seen\n"),
				Drifts: []resourcetest.Drift{
					{Name: "one less", Attr: "values", Do: replace("config", "Value: c\\, d, b", "Value: b")},
				},
			},
			{
				Name: "a password and bytes", Standing: standing,
				Want:  attrs("db", "db/pw", answer("password", text(" hunter2\\ ")), "db/text", answer("string", text("\x1b"+resource.EncodeText("\xff")+"\nline"))),
				Check: has("passwords", "Value:  hunter2\\ \nOwners: db\nFlags: seen\n", "config", "Value: \x1b\xff\\nline\n"),
				Drifts: []resourcetest.Drift{
					{Name: "another password", Attr: "passwords", Do: replace("passwords", "hunter2", "hunter3")},
				},
			},
		},
	}.Run(t)
}
