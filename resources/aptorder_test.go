package resources

import (
	"slices"
	"testing"

	"converge/internal/resource"
)

// TestOrderOfAptSources: what may remove a source of apt comes before the repositories that are to be there, and the
// program that checks a content before the content.
func TestOrderOfAptSources(t *testing.T) {
	place := func(path string, verify ...string) PartPlace {
		return PartPlace{Part: PartLine, Path: resource.Text(path), Verify: resource.Opt[[]string]{Value: verify, Set: verify != nil}}
	}
	file := func(path string, verify ...string) Entry {
		e := Entry{}
		e.Path, e.Type, e.Verify = resource.Text(path), TypeFile, resource.Opt[[]string]{Value: verify, Set: verify != nil}
		return e
	}
	gone := file("/etc/apt/sources.list.d/old.list")
	gone.Ensure = resource.Some("absent")
	apt, dnf := resource.Some("apt"), resource.Some("dnf")
	for name, c := range map[string]struct {
		links         resource.Links
		before, needs string
	}{
		"a line":               {links: partLinks(place("/etc/apt/sources.list"), "line x"), before: aptSources},
		"a line of other text": {links: partLinks(place("/etc/apt/apt.conf"), "line x")},
		"a file that goes":     {links: pathLinks(gone), before: aptSources},
		"a file":               {links: pathLinks(file("/etc/apt/sources.list.d/x.list")), before: aptSources},
		"a file beside":        {links: pathLinks(file("/etc/apt/sources.list.save"))},
		"a repository":         {links: repositoryLinks(RepositoryWant{Name: "a", Provider: apt}), needs: aptSources},
		"a repository of dnf":  {links: repositoryLinks(RepositoryWant{Name: "a", Provider: dnf})},
		"one that goes":        {links: repositoryLinks(RepositoryWant{Name: "a", Provider: apt, Ensure: resource.Some("absent")}), before: aptSources},
		"one of any, that goes": {
			links: repositoryLinks(RepositoryWant{Name: "a", Ensure: resource.Some("absent")}), before: aptSources,
		},
		"a checked line": {links: partLinks(place("/etc/x", "/opt/ck/prog", "{path}"), "line x"), needs: "path:/opt/ck/prog"},
		"a checked file": {links: pathLinks(file("/etc/x", "/opt/ck/prog", "{path}")), needs: "path:/opt/ck/prog"},
		"a check by name": {
			links: pathLinks(file("/etc/x", "prog", "{path}")),
		},
	} {
		has := func(key string) bool {
			return slices.ContainsFunc(c.links.Needs, func(n resource.Need) bool { return n.Key == key })
		}
		if slices.Contains(c.links.Before, aptSources) != (c.before != "") || has(aptSources) != (c.needs == aptSources) || has("path:/opt/ck/prog") != (c.needs == "path:/opt/ck/prog") {
			t.Errorf("%s: before %v, needs %v", name, c.links.Before, c.links.Needs)
		}
	}
}
