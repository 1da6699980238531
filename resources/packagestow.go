package resources

import (
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Stow2 is the value of a package's provider for symlink farms.
const Stow2 = "stow2"

// LinksComplete is the value of a package's computed attribute "links" where
// nothing is wrong with any of them.
const LinksComplete = "complete"

func stowDoc() string {
	return "With `provider = \"stow2\"` it is software that was built on this machine: what `make install " +
		"prefix=/usr/local/stow/NAME/VERSION` left there is shown in `/usr/local` by symbolic links. Any number of versions lie " +
		"side by side and one of them is shown; to show another is one step that leaves no path without its file, and going " +
		"back is the same step. A path that two packages want is found in the plan. A link that was deleted or changed is put " +
		"right. A package that a person has taken over (`stow2 --force`), or has stowed, is left as it is, and every plan says " +
		"so, unless `adopt` is set. Files in `NAME/:config` are shown too, whatever the version."
}

func stowAttrs() []resource.Attr {
	return []resource.Attr{
		{
			Name: "stow_dir", Option: true, Wording: true, Check: checkPath,
			Doc: "With `stow2`: the stow directory, which holds the versions as `NAME/VERSION`. Unset: the one that " +
				"`/etc/converge/stow.conf` says for the tags in the package's control data; without such a file `/usr/local/stow`.",
		},
		{
			Name: "target", Option: true, Wording: true, Check: checkPath,
			Doc: "With `stow2`: the directory in which the package is to be seen. One that is not the stow directory's own " +
				"(`/usr/local` for `/usr/local/stow`) is a view of it: it has versions of its own. Unset: the stow directory's own.",
		},
		{
			Name: "adopt", Option: true,
			Doc: "With `stow2`: whether to take the package back from whoever has taken it over, a person with `stow2 --force` or another " +
				"package manager. Unset: it is left as it is, and every plan says so.",
		},
		{
			Name: "accept_broken", Option: true,
			Doc: "With `stow2`: whether to switch versions, or to unstow one, although installed packages link to what is not there any more then, by the facts in control data.",
		},
		{
			Name: "links", Computed: true,
			Doc: "With `stow2`: what is wrong with the links into the package (`3 missing`), or `complete`.",
		},
	}
}

// NamedProvider is a package manager beside the machine's own, under the value
// of the attribute provider that asks for it.
type NamedProvider struct {
	Name     string
	Provider resource.Provider
}

// manager is the part of a package that tells its package manager.
type manager struct {
	Provider resource.Opt[string] `attr:"provider"`
}

// chooseAmong picks by the attribute provider, which a wanted value holds
// only where it is not the machine's own package manager.
func chooseAmong(named []NamedProvider) func(want cty.Value) resource.Provider {
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

// stowLinks: a package of a symlink farm comes after what makes its stow
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

// StowKey returns the key by which the ledger knows a package of a symlink farm.
// Paths are escaped, so that colons part them. A directory that is not declared
// is "".
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

// packageOfKey is the inverse of the keys of the ledger.
func packageOfKey(key string) PackageWant {
	prefix, id, _ := strings.Cut(key, ":")
	if prefix != Stow2 {
		return PackageWant{Name: id}
	}
	esc := strings.NewReplacer("%3A", ":", "%25", "%")
	parts := append(strings.Split(id, ":"), "", "")
	path := func(s string) resource.Opt[resource.Text] {
		return resource.Opt[resource.Text]{Value: resource.Text(esc.Replace(s)), Set: s != ""}
	}
	return PackageWant{Name: esc.Replace(parts[0]), Provider: resource.Some(Stow2), StowDir: path(parts[1]), Target: path(parts[2])}
}
