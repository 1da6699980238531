package apt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/internal/version"
	"converge/resources"
)

// item is one change in apt's terms.
type item struct {
	change resource.Change
	err    error // why it cannot be made; it takes no part from then on
	out    bool  // err is of an earlier transaction of the batch, in full

	name   string // as apt and the database know the package
	have   pkg    // at the time of planning
	ensure string // present, latest, absent, purged
	set    version.Set
	deb    deb // of source
	source string
	mark   string // see the attribute

	// asked is the name in the manifest, if it is a virtual one that the package provides, in version provides ("":
	// without a version).
	asked, provides string

	word      string // the argument of apt-get install; "" for none
	removes   bool
	forced    bool // it is broken and to be removed; dpkg removes it before apt solves the rest
	hold      *bool
	downgrade bool // allowed
	recommend *bool
}

// newItem converts a change to apt's terms, by the present database: the machine
// may be partly or wholly as wanted already.
func (p *Provider) newItem(ctx context.Context, db *database, c resource.Change) *item {
	want, err := resource.Decode[resources.PackageWant](c.Want)
	if err != nil {
		return &item{change: c, err: err}
	}
	it := &item{
		change: c, name: db.nameOf(want.Name), ensure: want.Ensure.Value, mark: want.Mark.Value,
		source: want.Source.Value.Bytes(), downgrade: want.AllowDowngrade.Value,
		hold: want.Hold.Pointer(), recommend: want.Recommends.Pointer(),
	}
	f, err := p.findPackage(ctx, db, it.name)
	if err != nil {
		it.err = err
		return it
	}
	it.have = f.have
	if f.virtual {
		it.asked, it.provides = it.name, f.version
	}
	it.name = f.key
	switch it.ensure {
	case "absent", "purged":
		if len(f.rivals) > 1 {
			it.err = fmt.Errorf("it is a virtual package; name the one that is to go: %s", strings.Join(f.rivals, ", "))
		}
		it.removes = !it.have.isGone()
		if it.removes {
			it.word = it.name + "-"
		}
		if it.removes && it.have.essential && it.err == nil {
			it.err = errEssential
		}
		return it
	}
	it.set, it.err = parseVersionSet(want.Version.Value)
	if it.err == nil && it.source != "" {
		it.deb, it.err = p.readDeb(ctx, it.source)
		if it.err == nil {
			it.err = it.checkDeb()
		}
	}
	if it.err == nil {
		it.word = it.installWord()
	}
	return it
}

// checkDeb compares a package file with its declaration.
func (it *item) checkDeb() error {
	if base := baseName(it.name); it.deb.name != base {
		return fmt.Errorf("package file %q holds package %s, not %s", it.source, it.deb.name, base)
	}
	if !it.set.AllowsPlace(it.deb.version) {
		return fmt.Errorf("package file %q holds version %s, which is not the one wanted", it.source, it.deb.version)
	}
	return nil
}

// installWord returns the argument of apt-get install for a wanted package; "" if it is installed as wanted.
// [job.pickVersions] resolves a constraint later, because that needs the offered versions.
func (it *item) installWord() string {
	if it.isSatisfiedBy(it.have) && it.ensure != "latest" {
		return ""
	}
	if it.source != "" {
		return it.source
	}
	if v, ok := it.set.Exact(); ok && it.asked == "" {
		return it.name + "=" + v
	}
	// What dpkg left half done is completed, not upgraded.
	if !it.have.isGone() && it.ensure == "present" && it.allowsVersion(it.have) {
		return it.name + "=" + it.have.version
	}
	return it.name
}

// needsOffer reports whether which version to install depends on the offer.
func (it *item) needsOffer() bool {
	_, exact := it.set.Exact()
	return it.err == nil && it.word == it.name && len(it.set) > 0 && (!exact || it.asked != "") && it.source == ""
}

// isSatisfiedBy reports whether a package is installed as wanted, according to the database, which does not know the
// latest version.
func (it *item) isSatisfiedBy(have pkg) bool {
	switch it.ensure {
	case "absent":
		return have.isGone()
	case "purged":
		return have.state == "" || have.state == "not-installed"
	}
	if !have.isInstalled() || !it.allowsVersion(have) {
		return false
	}
	return it.source == "" || version.Compare(have.version, it.deb.version) == 0
}

// allowsVersion reports whether the constraint on the version allows the installed one.
// For a name that a package provides, the provided version counts.
func (it *item) allowsVersion(have pkg) bool {
	if it.asked != "" && have.version == it.have.version {
		return it.set.AllowsPlace(it.provides)
	}
	return it.set.AllowsPlace(have.version)
}

// errEssential is about a package without which nothing could be repaired.
var errEssential = errors.New("the system needs it")

// reportError returns the item's error as a whole sentence; nil if it has none. No earlier change of a run makes an
// impossible removal possible, except commands and the files that configure apt: see [resource.ErrCertain].
func (it *item) reportError() error {
	if it.err == nil {
		return nil
	}
	name := it.name
	if it.asked != "" {
		name = it.asked + " (" + it.name + ")"
	}
	if isAbsent(it.ensure) {
		return resource.Certain(fmt.Errorf("cannot remove %s: %w", name, it.err))
	}
	return fmt.Errorf("cannot install %s: %w", name, it.err)
}

// baseName is a package's name without its architecture.
func baseName(name string) string {
	base, _, _ := strings.Cut(name, ":")
	return base
}

// checkOperation decides whether apt may do o to the package, which the manifest
// declares.
func (it *item) checkOperation(o operation) error {
	switch {
	case o.removes() && !it.removes:
		return errors.New("apt would remove it, because of what else is to be installed")
	case o.removes() && it.have.isHeld() && it.hold == nil:
		return resource.Certain(fmt.Errorf("it is held at version %s by hand: release it (apt-mark unhold %s), or set hold = false", o.old, it.name))
	case o.removes():
		return nil
	case o.downgrades() && !it.downgrade:
		err := fmt.Errorf("version %s is installed and %s is older: set allow_downgrade = true to go back", o.old, o.new)
		if it.set.IsBelow(o.old) {
			return resource.Certain(err)
		}
		return err
	case o.old != "" && o.old != o.new && it.have.isHeld() && it.hold == nil:
		return fmt.Errorf("it is held at version %s by hand: release it (apt-mark unhold %s), or set hold so that converge decides", o.old, it.name)
	}
	return nil
}
