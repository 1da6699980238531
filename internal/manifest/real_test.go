package manifest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"converge/internal/manifest/syntax"
	"converge/internal/resource"
	"converge/resources"
)

func realKinds() []*resource.Kind {
	return []*resource.Kind{
		resources.File(nil), resources.Template(nil), resources.Directory(nil), resources.Link(nil), resources.Package(nil),
		resources.Service(nil), resources.Exec(nil), resources.User(nil), resources.Group(nil),
	}
}

// Every kind's example is a manifest on its own, and stays one when formatted.
func TestExamplesOfKinds(t *testing.T) {
	for _, k := range realKinds() {
		formatted, diags := syntax.Format([]byte(k.Example), k.Name+".hcl")
		if diags.HasErrors() {
			t.Errorf("%s: %v", k.Name, diags)
			continue
		}
		if string(formatted) != k.Example {
			t.Errorf("%s: the example is not formatted:\n%s", k.Name, formatted)
		}
		site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(realKinds()...), Stdin: strings.NewReader(k.Example)})
		if diags.HasErrors() || len(site.Resources) == 0 {
			t.Errorf("%s: %v", k.Name, diags)
		}
	}
}

// No attribute of a kind has the name of an attribute of every block.
func TestKindsLeaveCommonNames(t *testing.T) {
	for _, k := range realKinds() {
		info := newKindInfo(k)
		for _, a := range k.Attrs {
			_, isVerb := info.onVerb[a.Name]
			switch {
			case isVerb, k.Rank(a.Name) >= 0, a.Name == self:
				t.Errorf("%s: the attribute %s is also a verb, or v_on of one", k.Name, a.Name)
			case slices.Contains([]string{"depends_on", "notifies", "for_each", "when", "on_failure", "protect", "audit"}, a.Name):
				t.Errorf("%s: every block has an attribute %s", k.Name, a.Name)
			}
		}
		if k.Label != "" && info.label < 0 {
			t.Errorf("%s: there is no attribute %s for the label", k.Name, k.Label)
		}
	}
}

// The explanation of another tool's attribute names an attribute that the kind has, and never explains one that it has.
func TestRarerAttributesAreOfTheirKinds(t *testing.T) {
	is := regexp.MustCompile(`Here that is (?:one of )?([a-z_0-9]+)\b`)
	kinds := realKinds()
	for _, k := range []func(resource.Provider) *resource.Kind{
		resources.Archive, resources.AuthorizedKey, resources.Block, resources.Check, resources.Cron, resources.Debconf, resources.Hostname,
		resources.KernelModule, resources.KnownHost, resources.Line, resources.Locale, resources.Mount, resources.Reboot,
		resources.Repository, resources.Setting, resources.Timezone, resources.Unit,
	} {
		kinds = append(kinds, k(nil))
	}
	for of, here := range rarerAttrsOfKinds() {
		kind, name, _ := strings.Cut(of, ".")
		if !slices.ContainsFunc(kinds, func(k *resource.Kind) bool { return k.Name == kind }) {
			t.Errorf("%s is of no kind", of)
		}
		for _, k := range kinds {
			if k.Name != kind {
				continue
			}
			has := func(name string) bool {
				return slices.ContainsFunc(k.Attrs, func(a resource.Attr) bool { return a.Name == name }) || name == "when"
			}
			if has(name) {
				t.Errorf("%s is an attribute, and is never answered", of)
			}
			if m := is.FindStringSubmatch(here); m != nil && !has(m[1]) && m[1] != "a" {
				t.Errorf("%s: there is no %q: %s", of, m[1], here)
			}
		}
	}
}
