package resources

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func TestPackagePrepare(t *testing.T) {
	s := cty.StringVal
	debian := cty.ObjectVal(map[string]cty.Value{"os": cty.ObjectVal(map[string]cty.Value{
		"id": s("ubuntu"), "family": s("debian"),
	})})
	suse := cty.ObjectVal(map[string]cty.Value{
		"os":               cty.ObjectVal(map[string]cty.Value{"id": s("opensuse-leap"), "family": s("suse")}),
		"package_managers": cty.ListVal([]cty.Value{s("dnf"), s("zypper")}),
	})
	names := cty.MapVal(map[string]cty.Value{"debian": s("apache2"), "redhat": s("httpd")})
	for _, c := range []struct {
		name  string
		attrs map[string]cty.Value
		node  cty.Value
		want  map[string]any
		err   string
	}{
		{
			name:  "plain",
			attrs: map[string]cty.Value{"name": s("nginx"), "ensure": s("present"), "provider": s("auto")},
			want:  map[string]any{"name": "nginx", "ensure": "present"},
		},
		{
			name:  "family",
			attrs: map[string]cty.Value{"name": s("web"), "names": names}, node: debian,
			want: map[string]any{"name": "apache2"},
		},
		{
			name:  "distribution before family",
			attrs: map[string]cty.Value{"name": s("web"), "names": cty.MapVal(map[string]cty.Value{"debian": s("a"), "ubuntu": s("b")})},
			node:  debian, want: map[string]any{"name": "b"},
		},
		{
			name:  "no such family",
			attrs: map[string]cty.Value{"name": s("web"), "names": cty.MapVal(map[string]cty.Value{"suse": s("a")})},
			node:  debian, want: map[string]any{"name": "web"},
		},
		{
			name:  "name for a family is no name",
			attrs: map[string]cty.Value{"name": s("web"), "names": cty.MapVal(map[string]cty.Value{"debian": s("a b")})},
			node:  debian, err: "names: the name for debian must be a package name: letters, digits and + . _ -, optionally with :ARCHITECTURE",
		},
		{
			name:  "relative source",
			attrs: map[string]cty.Value{"name": s("x"), "source": s("debs/../x.deb")},
			want:  map[string]any{"name": "x", "source": "/site/x.deb"},
		},
		{
			name:  "other provider",
			attrs: map[string]cty.Value{"name": s("x"), "provider": s("dnf")}, node: debian,
			want: map[string]any{"name": "x", "provider": "dnf"},
		},
		{
			name:  "own provider by its name",
			attrs: map[string]cty.Value{"name": s("x"), "provider": s("zypper")}, node: suse,
			want: map[string]any{"name": "x"},
		},
		{
			name:  "version of what shall be gone",
			attrs: map[string]cty.Value{"name": s("x"), "ensure": s("absent"), "version": s("1")},
			err:   `version: has no meaning with ensure = "absent"`,
		},
		{
			name:  "latest as a version",
			attrs: map[string]cty.Value{"name": s("x"), "version": s("latest")},
			err:   `version: is a version of the package or a condition on it: the newest one is ensure = "latest", without version`,
		},
		{
			name:  "latest of one version",
			attrs: map[string]cty.Value{"name": s("x"), "ensure": s("latest"), "version": s("1")},
			err:   `ensure: must not be "latest" where version or source is set: they say which version is wanted`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Package(nil).Prepare(resource.Input{Attrs: c.attrs, Dir: "/site", Node: func(string) any { return resource.GoValue(c.node) }})
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
			if d := cmp.Diff(c.want, plain); d != "" || c.err != "" {
				t.Errorf("%s %s", d, c.err)
			}
		})
	}
}

func TestParseVersions(t *testing.T) {
	for in, want := range map[string]string{
		"1.2-3":          "= 1.2-3",
		"1:2.0~beta1+b2": "= 1:2.0~beta1+b2",
		">= 1.2, < 2":    ">= 1.2, < 2",
		">=1.2,!=1.5":    ">= 1.2, != 1.5",
	} {
		got, err := ParseVersions(in)
		if got.String() != want || err != nil {
			t.Errorf("%q: %v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", ">=", ">= 1,", "~> 1.2", "1 2", "=> 1", "-1", "1.2*", strings.Repeat("1", 300)} {
		if got, err := ParseVersions(in); err == nil {
			t.Errorf("%q gives %v", in, got)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"nginx": true, "libstdc++6": true, "g++": true, "libc6:i386": true, "python3.11": true, "R": true, "java_x": true,
		"": false, "-y": false, "a-": false, "a b": false, "a=1": false, "a/stable": false, "a*": false, "^a": false, "a:": false, "é": false,
	} {
		if err := checkPackageName(cty.StringVal(name)); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzParseVersions(f *testing.F) {
	for _, s := range []string{"1.2-3", ">= 1.2, < 2", "=", "!=,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms, err := ParseVersions(s)
		for _, term := range terms {
			if err == nil && (term.Op == "" || term.Version == "" || strings.ContainsAny(term.Version, " ,=<>!")) {
				t.Errorf("%q gives %v", s, terms)
			}
		}
	})
}
