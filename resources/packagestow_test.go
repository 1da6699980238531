package resources

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestStowPrepare(t *testing.T) {
	s := cty.StringVal
	for _, c := range []struct {
		name string
		set  map[string]cty.Value // beside name
		want map[string]any       // beside name and provider
		err  string
	}{
		{
			name: "plain", set: map[string]cty.Value{"provider": s("stow2"), "ensure": s("present"), "version": s("1.2")},
			want: map[string]any{"ensure": "present", "version": "1.2", "links": "complete"},
		},
		{name: "gone", set: map[string]cty.Value{"provider": s("stow2"), "ensure": s("absent"), "adopt": cty.True}, want: map[string]any{"ensure": "absent", "adopt": true}},
		{name: "gone from under others", set: map[string]cty.Value{"provider": s("stow2"), "ensure": s("absent"), "accept_broken": cty.True}, want: map[string]any{"ensure": "absent", "accept_broken": true}},
		{name: "hold", set: map[string]cty.Value{"provider": s("stow2"), "hold": cty.True}, err: `hold: has no meaning with provider = "stow2": a version in full is what holds a package there`},
		{name: "source", set: map[string]cty.Value{"provider": s("stow2"), "source": s("./x.deb")}, err: `source: has no meaning with provider = "stow2": what is installed is STOW_DIR/NAME/VERSION`},
		{name: "recommends", set: map[string]cty.Value{"provider": s("stow2"), "recommends": cty.True}, err: `recommends: has no meaning with provider = "stow2"`},
		{name: "architecture", set: map[string]cty.Value{"provider": s("stow2"), "name": s("tool:arm64")}, err: `name: must not name an architecture with provider = "stow2"`},
		{name: "version of what is gone", set: map[string]cty.Value{"provider": s("stow2"), "ensure": s("purged"), "version": s("1")}, err: `version: has no meaning with ensure = "purged"`},
		{name: "latest of one", set: map[string]cty.Value{"provider": s("stow2"), "ensure": s("latest"), "version": s("1")}, err: `ensure: must not be "latest" where version is set: it says which version is wanted`},
		{name: "view of apt", set: map[string]cty.Value{"target": s("/x")}, err: `target: has no meaning without provider = "stow2"`},
		{name: "adopting of apt", set: map[string]cty.Value{"provider": s("apt"), "adopt": cty.True}, err: `adopt: has no meaning without provider = "stow2"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			attrs := map[string]cty.Value{"name": s("tool")}
			maps.Copy(attrs, c.set)
			got, err := Package(nil).Prepare(resource.Input{Attrs: attrs})
			if err != nil {
				if err.Error() != c.err {
					t.Errorf("error %q, want %q", err, c.err)
				}
				return
			}
			plain := map[string]any{}
			for k, v := range got {
				plain[k] = resource.GoValue(v)
			}
			want := map[string]any{"name": "tool", "provider": "stow2"}
			maps.Copy(want, c.want)
			if diff := cmp.Diff(want, plain); diff != "" || c.err != "" {
				t.Errorf("want error %q, and (-want +got)\n%s", c.err, diff)
			}
		})
	}
}

// TestStowKeys: what the ledger knows a package by is enough to find it again.
func TestStowKeys(t *testing.T) {
	k := Package(nil)
	for key, attrs := range map[string]map[string]string{
		"package:nginx":                  {"name": "nginx"},
		"stow2:tool":                     {"name": "tool", "provider": "stow2"},
		"stow2:tool:/opt/stow":           {"name": "tool", "provider": "stow2", "stow_dir": "/opt/stow"},
		"stow2:tool::/home/me":           {"name": "tool", "provider": "stow2", "target": "/home/me"},
		"stow2:tool:/a%3Ab:/50%25":       {"name": "tool", "provider": "stow2", "stow_dir": "/a:b", "target": "/50%"},
		"stow2:tool:/a%253Ab:/home/%25s": {"name": "tool", "provider": "stow2", "stow_dir": "/a%3Ab", "target": "/home/%s"},
	} {
		want := map[string]cty.Value{}
		for name, v := range attrs {
			want[name] = cty.StringVal(v)
		}
		if got := k.Links(cty.ObjectVal(want)).Provides[0]; got != key {
			t.Errorf("the key of %v is %q, want %q", attrs, got, key)
		}
		if got := k.Named(key); !cty.ObjectVal(got).RawEquals(cty.ObjectVal(want)) {
			t.Errorf("%q names %#v, want %#v", key, got, want)
		}
	}
}

// named is a provider with a name.
type named struct {
	resource.Provider
	name string
}

func (named) Observe(context.Context, cty.Value) (cty.Value, error) { return resource.Absent, nil }

func TestPackageProvider(t *testing.T) {
	own, farm := named{name: "own"}, named{name: "farm"}
	k := Package(own, NamedProvider{Stow2, farm})
	for provider, want := range map[string]string{"auto": "own", "apt": "own", "stow2": "farm"} {
		attrs, err := k.Prepare(resource.Input{Attrs: map[string]cty.Value{"name": cty.StringVal("x"), "provider": cty.StringVal(provider)}})
		if err != nil {
			t.Fatal(err)
		}
		r := resource.Resource{Kind: k, Want: cty.ObjectVal(attrs)}
		if got := r.Provider().(named).name; got != want {
			t.Errorf("provider = %q is made by %s, want %s", provider, got, want)
		}
	}
}

// TestStowLinks: a package comes after the command that makes its files.
func TestStowLinks(t *testing.T) {
	made := Exec(nil).Links(cty.ObjectVal(map[string]cty.Value{"creates": cty.StringVal("/usr/local/stow/tool/1.2/bin/tool")})).Shares
	for version, want := range map[string]string{
		"1.2":    "creates:/usr/local/stow/tool/1.2",
		">= 1.0": "creates:/usr/local/stow/tool",
		"1.1":    "", // another command's
	} {
		var found []string
		for _, n := range Package(nil).Links(cty.ObjectVal(map[string]cty.Value{
			"name": cty.StringVal("tool"), "provider": cty.StringVal(Stow2), "version": cty.StringVal(version),
		})).Needs {
			for _, key := range made {
				if n.Key == key {
					found = append(found, key)
				}
			}
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("version %q needs %q, want %q", version, got, want)
		}
	}
}
