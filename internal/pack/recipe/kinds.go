package recipe

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// Kinds returns the kinds of a recipe.
func Kinds() []*resource.Kind {
	return []*resource.Kind{
		packageKind(), changeKind(), scriptKind(),
		fileKind(), configKind(), directoryKind(), treeKind(), linkKind(), unitKind(), userKind(),
	}
}

type packageWant struct {
	Name        string        `attr:"name"`
	Version     string        `attr:"version"`
	Release     string        `attr:"release"`
	Epoch       string        `attr:"epoch"`
	Arch        string        `attr:"arch"`
	Summary     string        `attr:"summary"`
	Description resource.Text `attr:"description"`
	Maintainer  string        `attr:"maintainer"`
	Vendor      string        `attr:"vendor"`
	License     string        `attr:"license"`
	Homepage    string        `attr:"homepage"`
	Section     string        `attr:"section"`
	Priority    string        `attr:"priority"`

	Depends    resource.Opt[[]string] `attr:"depends"`
	Recommends resource.Opt[[]string] `attr:"recommends"`
	Suggests   resource.Opt[[]string] `attr:"suggests"`
	Provides   resource.Opt[[]string] `attr:"provides"`
	Conflicts  resource.Opt[[]string] `attr:"conflicts"`
	Replaces   resource.Opt[[]string] `attr:"replaces"`
}

func packageKind() *resource.Kind {
	return &resource.Kind{
		Name: "package", Label: "name",
		Doc: "The package. A recipe declares exactly one.",
		Attrs: resource.Typing[packageWant]([]resource.Attr{
			{Name: "name", Required: true, Doc: "Its name."},
			{Name: "version", Required: true, Doc: "Its version: `1.2.3`. `1.2.3~rc1` and `1.2.3-rc1` come before it; what `git describe` prints (`v1.2.3-4-gabc`) after it, as `1.2.3+4.gabc`."},
			{Name: "release", Doc: "Number of the packaging of this version; `1` unless set."},
			{Name: "epoch", Doc: "Epoch of the version, for deb, rpm and arch."},
			{Name: "arch", OneOf: []string{"all"}, Doc: "`all`: the package is the same for all architectures. Unset: it is built for each of `--arch`."},
			{Name: "summary", Required: true, Doc: "One line on what it is."},
			{Name: "description", Doc: "More lines on it."},
			{Name: "maintainer", Required: true, Doc: "`Name <address>`."},
			{Name: "vendor", Doc: "Organization, for rpm."},
			{Name: "license", Doc: "Licence, as an SPDX expression."},
			{Name: "homepage", Doc: "URL."},
			{Name: "section", Doc: "Section, for deb; `misc` unless set."},
			{Name: "priority", Doc: "Priority, for deb; `optional` unless set."},
			{Name: "depends", Doc: "Packages that it needs: `nginx`, `nginx >= 1.2`."},
			{Name: "recommends", Doc: "Packages that are installed with it by default; deb and rpm."},
			{Name: "suggests", Doc: "Packages that go well with it; deb and rpm."},
			{Name: "provides", Doc: "Other names by which it meets dependencies."},
			{Name: "conflicts", Doc: "Packages beside which it cannot be installed."},
			{Name: "replaces", Doc: "Packages whose files it takes over."},
		}),
	}
}

type changeWant struct {
	Version string                 `attr:"version"`
	Date    string                 `attr:"date"`
	Author  string                 `attr:"author"`
	Notes   resource.Opt[[]string] `attr:"notes"`
}

func changeKind() *resource.Kind {
	return &resource.Kind{
		Name: "change", Label: "version",
		Doc: "One entry of the changelog. The date of the newest is that of everything in the package, unless SOURCE_DATE_EPOCH is set.",
		Attrs: resource.Typing[changeWant]([]resource.Attr{
			{Name: "version", Required: true, Doc: "The version that brought it."},
			{Name: "date", Required: true, Check: checkDate, Doc: "`2026-05-01`, or with a time `2026-05-01T12:00:00Z`."},
			{Name: "author", Doc: "`Name <address>`; the maintainer unless set."},
			{Name: "notes", Required: true, Doc: "What has changed."},
		}),
	}
}

func checkDate(v cty.Value) error {
	_, err := parseDate(v.AsString())
	return err
}

// contentWant describes the content of a file, a script or a unit.
type contentWant struct {
	Content resource.Opt[resource.Text] `attr:"content"`
	Source  resource.Opt[resource.Text] `attr:"source"`
}

func contentAttrs() []resource.Attr {
	return []resource.Attr{
		{Name: "content", Doc: "Its content."},
		{Name: "source", Doc: "File with its content, relative to the recipe's folder."},
	}
}

// locate checks the content, and makes the path of the source absolute.
func (c *contentWant) locate(in resource.Input) error {
	if c.Content.Set == c.Source.Set {
		return fmt.Errorf("exactly one of content and source says what is in it")
	}
	if !c.Source.Set {
		return nil
	}
	return c.locateSource(in, func(info os.FileInfo) error {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("is not a regular file")
		}
		return nil
	})
}

func (c *contentWant) locateSource(in resource.Input, check func(os.FileInfo) error) error {
	name := c.Source.Value.Bytes()
	if !filepath.IsAbs(name) {
		name = filepath.Join(in.Dir, name)
	}
	info, err := os.Stat(name)
	if err == nil {
		err = check(info)
	}
	if err != nil {
		return &resource.AttrError{Attr: "source", Err: err}
	}
	c.Source.Value = resource.Text(resource.EncodeBytes(name))
	return nil
}

func checkMode(v cty.Value) error {
	_, err := resources.ParseMode(v.AsString())
	return err
}
