package resources

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/version"
)

// Package is the kind of packages: those of the machine's own package manager, p, and those of others, which a package
// selects by its attribute provider. Any may be nil.
func Package(p resource.Provider, others ...NamedProvider) *resource.Kind {
	return &resource.Kind{
		Name: "package",
		Doc: "A package: of the machine's own package manager, or of a symlink farm (`provider = \"stow2\"`).\n\n" +
			`converge changes all packages of a manager that are ready at the same time in one transaction. The plan shows the solver's
whole answer (what else is installed, upgraded or removed). A run refuses a removal, a downgrade or a change of a held
package that the plan did not show. What differs between the package managers is in docs/package-managers.md.

Locally changed configuration files are kept. The package manager asks no questions, and only the scripts of the packages
restart anything; a service that must restart after a change of a package declares ` + "`restart_on`.\n\n" +
			"With `--root`, the tree's own package manager changes the packages of the tree, inside it by chroot.\n\n" + stowDoc(),
		Example: `package "nginx" {
  version = ">= 1.18, < 2"
}

package "telnet" {
  ensure = "absent"
}

package "hello" {
  provider = "stow2"
  version  = "1.2"
}
`,
		Label:      "name",
		Opaque:     true,
		Provider:   p,
		Choose:     ChooseAmong(others),
		Named:      packageNamed,
		Attrs:      resource.Typing[PackageWant](append(packageAttrs(), stowAttrs()...)),
		Prepare:    resource.Preparing(preparePackage),
		Links:      resource.Reading(packageLinks),
		Revert:     resource.Reverting(revertPackage),
		Leaves:     leftOfPackage,
		EndsForNow: resource.Reading(func(p PackageWant) bool { return p.Ensure.Value != "purged" }),
	}
}

func packageAttrs() []resource.Attr {
	return []resource.Attr{
		{
			Name: "name", Required: true, Check: checkLabelName,
			Doc: "The package's name. Of one architecture: `NAME:ARCH` with apt, `NAME.ARCH` with dnf and zypper. It names one package, or what packages provide under a name: not a group (`@mygroup`), a file (`/usr/bin/x`), or a package of a certain repository (`repo/pkg`).",
		},
		{
			Name: "ensure", Default: cty.StringVal("present"), QuietFrom: []string{"automatic", "manual"}, ShownWant: showMark,
			OneOf: []string{"present", "latest", "absent", "purged"},
			Doc: "`present`: installed, and marked as manually installed, so that the package manager does not remove it as unneeded. `latest`: installed in the newest version of the package sources, according to package lists that are at most a day old (`settings { max_age }`). `absent`: not installed; " +
				"configuration files stay. `purged`: not installed, and without configuration files.",
		},
		{
			Name: "version", Check: checkPackageVersion,
			Doc: "One version, written in full (`1.2-3`), or constraints that must all hold (`>= 1.2, < 2`; operators " +
				"`=`, `!=`, `<`, `<=`, `>`, `>=`). Versions are ordered as the package manager orders them. If several " +
				"match, converge installs the one that the package manager prefers. Unset: any installed version is accepted.",
		},
		{
			Name: "hold", Quiet: true,
			Doc: "Whether the package manager must keep the package at its version. converge itself changes or removes a held package " +
				"only if `hold` is set here, and holds it again afterwards. With `ensure = \"absent\"` it can only be `false`: remove the package even if it is held.",
		},
		{
			Name: "source",
			Doc: "A package file on this machine (`./x.deb`), relative to the manifest's folder, that is installed instead of a package " +
				"from the package sources.",
		},
		{
			Name: "allow_downgrade", Option: true,
			Doc: "Whether a newer version may be replaced by an older one.",
		},
		{
			Name: "recommends", Option: true,
			Doc: "Whether the packages that this one recommends are installed with it. Unset: the package manager's configuration decides.",
		},
		{
			Name: "mark", Option: true, Computed: true, Internal: true,
			Doc: "For a package that a rollback changes: `auto` marks it as automatically installed; `keep` leaves its mark as it is.",
		},
		{
			Name: "provider", Default: cty.StringVal("auto"), Option: true,
			OneOf: slices.Concat([]string{"auto"}, Managers(), []string{Stow2}),
			Doc: "The package manager. `auto`: the machine's own, which is that of its family of distributions (`node.os.family`) " +
				"where that is there, and else the first of `node.package_managers`. `stow2`: a symlink farm of locally built software.",
		},
		{
			Name: "names", Option: true,
			Doc: "The package's name where it differs, by family of distributions or by distribution: " +
				"`{ debian = \"apache2\", redhat = \"httpd\" }`. The closest match wins; without a match, `name` applies.",
		},
	}
}

// PackageWant is the struct of the kind package, of every package manager.
type PackageWant struct {
	Name     string               `attr:"name"`
	Ensure   resource.Opt[string] `attr:"ensure"`
	Version  resource.Opt[string] `attr:"version"`
	Provider resource.Opt[string] `attr:"provider"`

	// For the machine's own package manager.
	Hold           resource.Opt[bool]              `attr:"hold"`
	Source         resource.Opt[resource.Text]     `attr:"source"`
	AllowDowngrade resource.Opt[bool]              `attr:"allow_downgrade"`
	Recommends     resource.Opt[bool]              `attr:"recommends"`
	Mark           resource.Opt[string]            `attr:"mark"`
	Names          resource.Opt[map[string]string] `attr:"names"`

	// For a symlink farm.
	StowDir      resource.Opt[resource.Text] `attr:"stow_dir"`
	Target       resource.Opt[resource.Text] `attr:"target"`
	Adopt        resource.Opt[bool]          `attr:"adopt"`
	AcceptBroken resource.Opt[bool]          `attr:"accept_broken"`
	Links        resource.Opt[string]        `attr:"links"`

	// Only for an installed package.
	Installed string               `attr:"installed,recorded"` // its version
	Config    resource.Opt[string] `attr:"config,recorded"`    // see [PastConfig]
	Holder    resource.Opt[string] `attr:"holder,recorded"`    // see [PastHolder]
}

// IsAbsent reports whether the package should not be installed.
func (p *PackageWant) IsAbsent() bool {
	return p.Ensure.Value == "absent" || p.Ensure.Value == "purged"
}

// ownOptions are the attributes that only the machine's own package
// manager has.
func (p *PackageWant) ownOptions() []option {
	return []option{
		{"hold", p.Hold.Set}, {"source", p.Source.Set}, {"allow_downgrade", p.AllowDowngrade.Set}, {"recommends", p.Recommends.Set},
	}
}

// option is an attribute that is set or not.
type option struct {
	name string
	set  bool
}

// preparePackage determines name, provider and source, and refuses meaningless combinations.
func preparePackage(in resource.Input, p *PackageWant) error {
	if p.Provider.Value == Stow2 {
		return prepareStow(p)
	}
	if err := p.refuseStow(); err != nil {
		return err
	}
	if p.Names.Set {
		name, err := nameFor(p.Names.Value, in.Node(""))
		if err != nil {
			return &resource.AttrError{Attr: "names", Err: err}
		}
		if name != "" {
			p.Name = name
		}
	}
	p.Names = resource.Opt[map[string]string]{}
	if name := p.Provider.Value; name == "auto" || name != "" && (in.Node == nil || name == ownManager(in.Node(""))) {
		p.Provider = resource.Opt[string]{}
	}
	if v := p.Version.Value; v == "latest" || v == "present" || v == "installed" { // as other tools have it
		return attrError("version", "is a version of the package or a condition on it: %s", adviseEnsure(v))
	}
	if err := p.checkEnsure(); err != nil {
		return err
	}
	if s := p.Source.Value; s != "" {
		return p.makeSourceAbsolute(in.Dir)
	}
	return nil
}

// adviseEnsure says what to write for a word that is no version.
func adviseEnsure(word string) string {
	if word == "latest" {
		return `the newest one is ensure = "latest", without version`
	}
	return "any version will do without it"
}

// checkEnsure refuses attributes that contradict ensure.
func (p *PackageWant) checkEnsure() error {
	e := p.Ensure.Value
	switch {
	case p.IsAbsent():
		for _, a := range append([]option{{"version", p.Version.Set}}, p.ownOptions()...) {
			if a.set && (a.name != "hold" || p.Hold.Value) {
				return attrError(a.name, "has no meaning with ensure = %q", e)
			}
		}
	case e == "latest" && (p.Version.Set || p.Source.Set):
		return attrError("ensure", "must not be \"latest\" where version or source is set: they say which version is wanted")
	}
	return nil
}

// makeSourceAbsolute makes the path of the package file absolute. The manifest, whose folder is dir, may be in the
// working directory, and apt searches elsewhere.
func (p *PackageWant) makeSourceAbsolute(dir string) error {
	s := string(p.Source.Value)
	if !filepath.IsAbs(s) {
		s = filepath.Join(dir, s)
	}
	s, err := filepath.Abs(s)
	if err != nil || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return attrError("source", "must be a path")
	}
	p.Source.Value = resource.Text(s)
	return nil
}

// nameFor selects from names by distribution first, then by related ones.
func nameFor(names map[string]string, node any) (string, error) {
	for _, family := range nodeFamilies(node) {
		name, ok := names[family]
		if !ok {
			continue
		}
		if err := checkPackageName(cty.StringVal(name)); err != nil {
			return "", fmt.Errorf("the name for %s %w", family, err)
		}
		return name, nil
	}
	return "", nil
}

// nodeFamilies is what the machine calls itself, the most specific first: node.os.id, then node.os.family or each of
// node.os.like.
func nodeFamilies(node any) []string {
	facts, _ := node.(map[string]any)
	id, named := facts["os"].(string)
	if !named {
		facts, _ = facts["os"].(map[string]any)
		id, _ = facts["id"].(string)
	}
	out := []string{id}
	if family, _ := facts["family"].(string); family != "" {
		out = append(out, family)
	}
	like, _ := facts["like"].([]any)
	for _, l := range like {
		if name, ok := l.(string); ok {
			out = append(out, name)
		}
	}
	return out
}

func packageLinks(want PackageWant) resource.Links {
	if want.Provider.Value == Stow2 {
		return stowLinks(want)
	}
	l := resource.Links{Provides: []string{"package:" + want.Name}}
	managers := Managers() // the machine's own: sources of others do no harm
	if other := want.Provider.Value; other != "" {
		l.Provides = []string{other + ":" + want.Name, "package:" + want.Name}
		managers = []string{other}
	}
	for _, m := range managers {
		l.Needs = append(l.Needs, resource.Need{Key: "package-provider:" + m, Reason: m + " goes by that file, or by what it makes"})
	}
	addNeed(&l, "path:", string(want.Source.Value.Canonical()), "it is installed from that file")
	if slices.Contains(managers, "apt") {
		needAnswers(&l, want.Name)
	}
	return l
}

// checkLabelName is checkPackageName for the name of a block, whose author may have meant several packages, or a
// package with its version.
func checkLabelName(v cty.Value) error {
	err := checkPackageName(v)
	if err == nil {
		return nil
	}
	if name, version, both := strings.Cut(v.AsString(), "="); both && checkPackageName(cty.StringVal(strings.TrimSpace(name))) == nil {
		return fmt.Errorf("must be a package name alone; a version is an attribute: package %q { version = %q }", strings.TrimSpace(name), strings.Trim(version, "= "))
	}
	names := strings.FieldsFunc(v.AsString(), func(r rune) bool { return r == ' ' || r == ',' })
	if len(names) > 1 && len(names) < 10 && !strings.ContainsAny(v.AsString(), "*\n\x00") {
		return fmt.Errorf("must be the name of one package; several are made by for_each = toset([%s]), and name = each.key", quoteAll(names))
	}
	return err
}

func checkPackageName(v cty.Value) error {
	name := v.AsString()
	base, arch, qualified := strings.Cut(name, ":")
	if len(name) > 200 || !isWord(base, "+._-") || qualified && (!isWord(arch, "-") || strings.ToLower(arch) != arch) {
		if strings.Contains(v.AsString(), "*") {
			return errors.New("must be the name of one package, not a pattern: several are made by for_each, and ensure = \"latest\" keeps each of them the newest")
		}
		return errors.New("must be a package name: letters, digits and + . _ -, optionally with :ARCHITECTURE")
	}
	if strings.HasSuffix(name, "-") {
		return errors.New("must not end in a dash: package managers read that as a removal")
	}
	return nil
}

func checkPackageVersion(v cty.Value) error {
	_, err := ParseVersions(v.AsString())
	return err
}

// isWord reports whether s begins with an ASCII letter or digit, and otherwise has only these and the characters of
// more. (A regular expression that is compiled for every package of a site costs more than the rest of its plan.)
func isWord(s, more string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || strings.IndexByte(more, c) < 0) {
			return false
		}
	}
	return s != ""
}

// ParseVersions reads the value of a package's version attribute: a single version, or constraints with commas between
// them. The package manager knows how versions compare.
func ParseVersions(s string) (version.Set, error) {
	var out version.Set
	for term := range strings.SplitSeq(s, ",") {
		v := strings.TrimSpace(term)
		op := v[:len(v)-len(strings.TrimLeft(v, "=!<>~"))]
		v = strings.TrimSpace(v[len(op):])
		switch op {
		case "", "=", "!=", "<", "<=", ">", ">=":
		case "~>":
			return nil, fmt.Errorf("must not use the operator \"~>\"; both bounds are written: \">= 1.2, < 2\"")
		default:
			return nil, fmt.Errorf("must not use the operator %q; there are =, !=, <, <=, > and >=", op)
		}
		if len(v) > 200 || !isWord(v, ".+~:^_-") {
			return nil, fmt.Errorf("must be a version or constraints like \">= 1.2, < 2\"; %q is neither", strings.TrimSpace(term))
		}
		if op == "" {
			op = "="
		}
		out = append(out, version.Term{Op: version.Op(op), Version: v})
	}
	return out, nil
}
