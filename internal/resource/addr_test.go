package resource_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"converge/internal/resource"
)

func TestAddr(t *testing.T) {
	type addr = resource.Addr
	for _, c := range []struct {
		text string
		want addr
	}{
		{`file.motd`, addr{Kind: "file", Name: "motd"}},
		{`file["/etc/motd"]`, addr{Kind: "file", Name: "/etc/motd"}},
		{`file.site["eu"]`, addr{Kind: "file", Name: "site", Key: "eu", Each: true}},
		{`file.site[""]`, addr{Kind: "file", Name: "site", Each: true}},
		{`file["/etc/\"x\""]["a b"]`, addr{Kind: "file", Name: `/etc/"x"`, Key: "a b", Each: true}},
		{`module.web.file.motd`, addr{Module: "web", Kind: "file", Name: "motd"}},
		{`module.web.module.tls.file["/k.pem"]["x"]`, addr{Module: "web.tls", Kind: "file", Name: "/k.pem", Key: "x", Each: true}},
		{`module.web["eu"].file.motd`, addr{Module: `web["eu"]`, Kind: "file", Name: "motd"}},
		{`module.web["a.b\"]["].module.tls[""].file.x["k"]`, addr{Module: `web["a.b\"]["].tls[""]`, Kind: "file", Name: "x", Key: "k", Each: true}},
		{`service["getty@tty1"]`, addr{Kind: "service", Name: "getty@tty1"}},
		{`package.libstdc-dev_2`, addr{Kind: "package", Name: "libstdc-dev_2"}},
		{`file["9lives"]`, addr{Kind: "file", Name: "9lives"}},
		{`file["tab\there"]`, addr{Kind: "file", Name: "tab\there"}},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := resource.ParseAddr(c.text)
			if err != nil || got != c.want {
				t.Errorf("parsed %#v, %v, want %#v", got, err, c.want)
			}
			if s := c.want.String(); s != c.text {
				t.Errorf("written %s", s)
			}
		})
	}
}

func TestBadAddr(t *testing.T) {
	for text, want := range map[string]string{
		``:                       `"" is not a name`,
		`file`:                   `want KIND.NAME or KIND["NAME"]`,
		`file.`:                  `"" is not a name`,
		`.motd`:                  `"" is not a name`,
		`file.9lives`:            `"9lives" is not a name`,
		`file.motd.path`:         `".path" is left over`,
		`file[motd]`:             `an index is a quoted string in brackets`,
		`file["motd"`:            `an index is a quoted string in brackets`,
		`file['m']`:              `an index is a quoted string in brackets`,
		"file[`motd`]":           `an index is a quoted string in brackets`,
		`file["a"]["b"]["c"]`:    `"[\"c\"]" is left over`,
		`file.site["eu"] `:       `" " is left over`,
		`module.web`:             `a module's address goes on with .KIND.NAME`,
		`module.web.file`:        `want KIND.NAME or KIND["NAME"]`,
		`module["web"].file.x`:   `".file.x" is left over`,
		`module.web["x"]`:        `a module's address goes on with .KIND.NAME`,
		`module.web[x].file.y`:   `an index is a quoted string in brackets`,
		`module.web["x"]["y"].f`: `a module's address goes on with .KIND.NAME`,
	} {
		_, err := resource.ParseAddr(text)
		if err == nil || !strings.HasSuffix(err.Error(), ": "+want) || !strings.HasPrefix(err.Error(), "cannot read address ") {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// What is accepted is written back as an address that means the same; what is
// written by us is accepted.
func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{`file.motd`, `module.a.module.b.file["/x"]["k"]`, `file["\x00ü\u2028"]`, "file['x']", `module.`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := resource.ParseAddr(s)
		if err != nil {
			if a != (resource.Addr{}) {
				t.Errorf("%q: an error and %#v", s, a)
			}
			return
		}
		back, err := resource.ParseAddr(a.String())
		if err != nil || back != a {
			t.Errorf("%q: %#v was written as %s and read as %#v, %v", s, a, a, back, err)
		}
	})
}

var genAddr = rapid.Custom(func(t *rapid.T) resource.Addr {
	ident := rapid.StringMatching(`[a-z_][a-z0-9_-]{0,3}`).Filter(func(s string) bool { return s != "module" })
	// Names are text that cty leaves as it is, which stands for any bytes.
	name := rapid.Map(rapid.String(), resource.EncodeBytes)
	a := resource.Addr{Kind: ident.Draw(t, "kind"), Name: rapid.OneOf(ident, name).Draw(t, "name")}
	for _, module := range rapid.SliceOfN(ident, 0, 2).Draw(t, "modules") {
		a.Module = resource.ModulePath(a.Module, module, rapid.Bool().Draw(t, "keyed"), name.Draw(t, "module key"))
	}
	if rapid.Bool().Draw(t, "each") {
		a.Each, a.Key = true, rapid.SampledFrom([]string{"", "a", `"`, "é"}).Draw(t, "key")
	}
	return a
})

func TestAddrRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := genAddr.Draw(t, "addr")
		// As a value and as a key: so it stands in events, plans and journals.
		text, err := json.Marshal(map[resource.Addr]resource.Addr{a: a})
		if err != nil {
			t.Fatal(err)
		}
		var back map[resource.Addr]resource.Addr
		if err := json.Unmarshal(text, &back); err != nil || back[a] != a || len(back) != 1 {
			t.Fatalf("%s: %v, %v", text, back, err)
		}
	})
}

func TestAddrOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genAddr.Draw(t, "a"), genAddr.Draw(t, "b"), genAddr.Draw(t, "c")
		if (a.Compare(b) == 0) != (a == b) || a.Compare(b) != -b.Compare(a) {
			t.Fatalf("%s and %s: %d, %d", a, b, a.Compare(b), b.Compare(a))
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatalf("%s, %s, %s", a, b, c)
		}
	})
	var as []resource.Addr
	for _, s := range []string{`module.a.file.b`, `file.b`, `file.a["x"]`, `file.a[""]`, `file.a`, `exec.z`} {
		a, err := resource.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		as = append(as, a)
	}
	slices.SortFunc(as, resource.Addr.Compare)
	var got []string
	for _, a := range as {
		got = append(got, a.String())
	}
	if d := cmp.Diff([]string{`exec.z`, `file.a`, `file.a[""]`, `file.a["x"]`, `file.b`, `module.a.file.b`}, got); d != "" {
		t.Error(d)
	}
}

func TestIsZero(t *testing.T) {
	if !(resource.Addr{}).IsZero() || (resource.Addr{Each: true}).IsZero() {
		t.Error("only the empty address is zero")
	}
}

func TestAddrCovers(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`file.x`, `file.x`, true},
		{`file.x`, `file.x["k"]`, true},
		{`file.x["k"]`, `file.x`, false},
		{`file.x["k"]`, `file.x["l"]`, false},
		{`file.x`, `file.y`, false},
		{`file.x`, `module.m.file.x`, false},
		{`module.m.file.x`, `module.m["eu"].file.x["k"]`, true},
		{`module.m["eu"].file.x`, `module.m["eu"].file.x`, true},
		{`module.m["eu"].file.x`, `module.m.file.x`, false},
		{`module.m["eu"].file.x`, `module.m["us"].file.x`, false},
		{`module.m.module.n["a.b"].file.x`, `module.m["["].module.n["a.b"].file.x`, true},
		{`module.m.module.n.file.x`, `module.m["eu"].file.x`, false},
		{`module.m.file.x`, `module.m["eu"].module.n.file.x`, false},
	} {
		a, errA := resource.ParseAddr(c.a)
		b, errB := resource.ParseAddr(c.b)
		if errA != nil || errB != nil || a.Covers(b) != c.want {
			t.Errorf("%s covers %s: want %v, %v, %v", c.a, c.b, c.want, errA, errB)
		}
	}
}
