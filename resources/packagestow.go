package resources

import (
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Stow2 is the value of a package's provider for symlink farms.
const Stow2 = "stow2"

// LinksComplete is the value of a package's computed attribute "links" if all of them are right.
const LinksComplete = "complete"

func stowDoc() string {
	return "With `provider = \"stow2\"` the package is software that was built on this machine: `make install " +
		"prefix=/usr/local/stow/NAME/VERSION` installs a version, and symbolic links show it in `/usr/local`. Any number of versions " +
		"exist side by side, and one of them is shown. A switch to another version is one step during which no path is missing, " +
		"and a switch back is the same step. The plan reports a path that two packages claim. converge repairs a link that was " +
		"deleted or changed. If a person has taken the package over (`stow2 --force`), or has stowed it, converge leaves it as it is " +
		"and every plan says so, unless `adopt` is set. Files in `NAME/:config` are shown with every version."
}

func stowAttrs() []resource.Attr {
	return []resource.Attr{
		{
			Name: "stow_dir", Option: true, Wording: true, Check: checkPath,
			Doc: "With `stow2`: the stow directory, which holds the versions as `NAME/VERSION`. Unset: the directory to which " +
				"`/etc/converge/stow.conf` maps the tags in the package's control data; without such a file, `/usr/local/stow`.",
		},
		{
			Name: "target", Option: true, Wording: true, Check: checkPath,
			Doc: "With `stow2`: the directory that shows the package. A directory other than the stow directory's own target " +
				"(`/usr/local` for `/usr/local/stow`) is a view, with versions of its own. Unset: the stow directory's own target.",
		},
		{
			Name: "adopt", Option: true,
			Doc: "With `stow2`: whether to take the package back after a person (`stow2 --force`) or another package manager " +
				"has taken it over. Unset: converge leaves it as it is, and every plan says so.",
		},
		{
			Name: "accept_broken", Option: true,
			Doc: "With `stow2`: whether to switch versions, or to unstow one, even if installed packages then link to something that is missing, according to control data.",
		},
		{
			Name: "links", Computed: true,
			Doc: "With `stow2`: the faults of the links into the package (`3 missing`), or `complete`.",
		},
	}
}

// NamedProvider is a package manager beside the machine's own, with the value of the attribute provider that selects
// it.
type NamedProvider struct {
	Name     string
	Provider resource.Provider
}

// manager is the part of a package that determines its package manager.
type manager struct {
	Provider resource.Opt[string] `attr:"provider"`
}

// ChooseAmong selects the provider of a package by the attribute provider, which a wanted value has only if it is not
// the machine's own package manager.
func ChooseAmong(named []NamedProvider) func(want cty.Value) resource.Provider {
	if len(named) == 0 {
		return nil
	}
	return func(want cty.Value) resource.Provider {
		name := resource.Part[manager](want).Provider.Value
		if name == "" {
			return nil
		}
		for _, n := range named {
			if n.Name == name {
				return n.Provider
			}
		}
		return nil
	}
}

// prepareStow is preparePackage for a symlink farm.
func prepareStow(p *PackageWant) error {
	for _, a := range append(p.ownOptions(), option{"names", p.Names.Set}) {
		if a.set {
			return attrError(a.name, "has no meaning with provider = %q%s", Stow2, insteadWithStow(a.name))
		}
	}
	ensure := p.Ensure.Value
	switch {
	case strings.Contains(p.Name, ":"):
		return attrError("name", "must not name an architecture with provider = %q", Stow2)
	case p.IsAbsent() && p.Version.Set:
		return attrError("version", "has no meaning with ensure = %q", ensure)
	case ensure == "latest" && p.Version.Set:
		return attrError("ensure", "must not be \"latest\" where version is set: it says which version is wanted")
	}
	if !p.IsAbsent() {
		p.Links = resource.Some(LinksComplete)
	}
	return nil
}

// insteadWithStow suggests a replacement for an attribute.
func insteadWithStow(attr string) string {
	switch attr {
	case "hold":
		return ": a version in full is what holds a package there"
	case "source":
		return ": what is installed is STOW_DIR/NAME/VERSION"
	case "allow_downgrade":
		return ": every version stays in the stow directory, and going back is a switch like any other"
	}
	return ""
}

// refuseStow refuses what only symlink farms know.
func (p *PackageWant) refuseStow() error {
	for _, a := range []option{
		{"stow_dir", p.StowDir.Set}, {"target", p.Target.Set}, {"adopt", p.Adopt.Set}, {"accept_broken", p.AcceptBroken.Set},
	} {
		if a.set {
			return attrError(a.name, "has no meaning without provider = %q", Stow2)
		}
	}
	return nil
}

// stowLinks returns the keys of a package of a symlink farm, which comes after the resources that make its stow
// directory, its target and its version.
func stowLinks(want PackageWant) resource.Links {
	stow, target := string(want.StowDir.Value), string(want.Target.Value)
	l := resource.Links{Provides: []string{StowKey(want.Name, stow, target), "package:" + want.Name}}
	if stow == "" {
		l.Needs = append(l.Needs, resource.Need{Key: "path:/etc/converge/stow.conf", Reason: "that says which stow directory it is in"})
		stow = "/usr/local/stow"
	}
	l.Needs = append(l.Needs, pathNeeds(path.Join(stow, want.Name), "its files are there")...)
	made := "creates:" + path.Join(stow, want.Name)
	if v := want.exactVersion(); v != "" {
		made += "/" + v
	}
	l.Needs = append(l.Needs, resource.Need{Key: made, Reason: "that makes its files"})
	if target != "" {
		l.Needs = append(l.Needs, pathNeeds(target, "it is to be seen there")...)
	}
	return l
}

// StowKey returns the ledger key of a package of a symlink farm. Paths are escaped, so that colons separate them. An
// undeclared directory is "".
func StowKey(name, stowDir, target string) string {
	esc := strings.NewReplacer("%", "%25", ":", "%3A")
	return strings.TrimRight(strings.Join([]string{Stow2, name, esc.Replace(stowDir), esc.Replace(target)}, ":"), ":")
}

// ParseStowKey is the inverse of [StowKey]; ok is false for other keys.
func ParseStowKey(key string) (name, stowDir, target string, ok bool) {
	if !strings.HasPrefix(key, Stow2+":") {
		return "", "", "", false
	}
	want := packageOfKey(key)
	return want.Name, string(want.StowDir.Value), string(want.Target.Value), true
}

// packageNamed is [resource.Kind.Named] for packages.
func packageNamed(key string) map[string]cty.Value { return resource.EncodeAttrs(packageOfKey(key)) }

// packageOfKey returns the package that a ledger key names.
func packageOfKey(key string) PackageWant {
	prefix, id, _ := strings.Cut(key, ":")
	switch {
	case slices.Contains(Managers(), prefix):
		return PackageWant{Name: id, Provider: resource.Some(prefix)}
	case prefix != Stow2:
		return PackageWant{Name: id}
	}
	esc := strings.NewReplacer("%3A", ":", "%25", "%")
	parts := append(strings.Split(id, ":"), "", "")
	path := func(s string) resource.Opt[resource.Text] {
		return resource.NonEmpty(resource.Text(esc.Replace(s)))
	}
	return PackageWant{Name: esc.Replace(parts[0]), Provider: resource.Some(Stow2), StowDir: path(parts[1]), Target: path(parts[2])}
}
