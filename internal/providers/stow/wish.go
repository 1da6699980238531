package stow

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/stow/control"
	"converge/internal/stow/store"
	"converge/internal/version"
	"converge/resources"
)

// wish is what a manifest wants of one package.
type wish struct {
	name    string
	ensure  string // present, latest, absent, purged
	version string // as the manifest has it; "" any
	place   place
	adopt   bool
	broken  bool // accepted
}

func parseWish(want cty.Value) (wish, error) {
	p, err := resource.Decode[resources.PackageWant](want)
	if err != nil {
		return wish{}, err
	}
	w := wish{
		name: p.Name, ensure: p.Ensure.Value, version: p.Version.Value,
		place: place{string(p.StowDir.Value), string(p.Target.Value)},
		adopt: p.Adopt.Value, broken: p.AcceptBroken.Value,
	}
	if w.name == "" {
		return w, errors.New("cannot tell which package: it has no name")
	}
	if w.version != "" {
		_, err = resources.ParseVersions(w.version)
	}
	return w, err
}

// gone reports that the package must not be shown.
func (w wish) gone() bool { return w.ensure == "absent" || w.ensure == "purged" }

// exact is the one version that is wanted; ok is false if others would do.
func (w wish) exact() (v string, ok bool) {
	return w.terms().Exact()
}

func (w wish) terms() version.Set {
	if w.version == "" {
		return nil
	}
	set, err := resources.ParseVersions(w.version)
	if err != nil {
		return nil // parseWish has said so
	}
	return set
}

// allows tells whether a version will do.
func (w wish) allows(v string) bool { return w.terms().Allows(v) }

// choose picks the version to show, by the name of its directory. A shown
// version that fits stays; else the highest is chosen, where possible one that is
// not marked as unstable. A link to a version (latest -> 2.0) is only chosen by
// its name.
func (w wish) choose(st store.State, unstable func(disk string) (bool, error)) (disk string, err error) {
	if v, ok := w.exact(); ok {
		for _, there := range st.Versions {
			if there.Name() == v {
				return there.Disk, nil
			}
		}
		return "", w.missing(st)
	}
	var best [2]string // stable, unstable
	for _, there := range st.Versions {
		switch {
		case !w.allows(there.Name()):
			continue
		case there.Disk == st.Installed && w.ensure != "latest":
			return there.Disk, nil
		case there.Link != "":
			continue
		}
		is, err := unstable(there.Disk)
		if err != nil {
			return "", err
		}
		b := &best[0]
		if is {
			b = &best[1]
		}
		if *b == "" || version.Compare(control.ByName(*b), there.Name()) < 0 {
			*b = there.Disk
		}
	}
	for _, b := range best {
		if b != "" {
			return b, nil
		}
	}
	return "", w.missing(st)
}

// missing is the error that there is no such version.
func (w wish) missing(st store.State) error {
	var have []string
	for _, v := range st.Versions {
		have = append(have, v.Name())
	}
	where := w.name + " is not there in any version"
	if len(have) > 0 {
		where = "of " + w.name + " it has " + strings.Join(have, ", ")
	}
	return fmt.Errorf("%s %w in %s: %s", w.what(), resource.ErrMissing, w.place.stow, where)
}

// what names the wanted package, in the protocol's form where it has one:
// NAME/VERSION.
func (w wish) what() string {
	if v, ok := w.exact(); ok {
		return w.name + "/" + v
	}
	return strings.TrimSpace(w.name + " " + w.version)
}
