package packages

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"converge/internal/resource"
	"converge/internal/version"
	"converge/resources"
)

// item is one change in the manager's terms.
type item struct {
	change resource.Change
	err    error // why it cannot be made; it takes no part from then on
	out    bool  // err is of an earlier transaction of the batch, in full

	name   string   // of the package itself
	asked  string   // the name in the manifest, if it is a virtual one that the package provides
	others []string // more packages that provide it
	f      found    // at the time of planning
	ensure string   // present, latest, absent, purged
	set    version.Set
	source string
	file   Package // of source
	mark   string  // see the attribute
	hold   *bool

	word      *Word // the request to the manager; nil: none
	downgrade bool  // allowed
	recommend *bool
}

// newItem converts a change to the manager's terms, by the present database: the
// machine may be partly or wholly as wanted already.
func (s *sources) newItem(ctx context.Context, db *database, c resource.Change) *item {
	want, err := resource.Decode[resources.PackageWant](c.Want)
	if err != nil {
		return &item{change: c, err: err}
	}
	it := &item{
		change: c, name: want.Name, ensure: want.Ensure.Value, mark: want.Mark.Value,
		source: want.Source.Value.Bytes(), downgrade: want.AllowDowngrade.Value,
		hold: want.Hold.Pointer(), recommend: want.Recommends.Pointer(),
	}
	it.f = db.findNamed(it.name)
	if it.f.virtual {
		it.asked, it.name = it.name, it.f.have.Name
	}
	if it.isAbsent() {
		s.prepareRemoval(it)
		return it
	}
	it.set, it.err = parseVersionSet(want.Version.Value)
	if it.err == nil && it.source != "" {
		it.file, it.err = s.readFile(ctx, it.source)
		if it.err == nil {
			it.err = s.checkFile(it)
		}
	}
	if it.err == nil && (!s.isSatisfiedBy(it, it.f.have, it.f.there) || it.ensure == "latest") {
		it.word = s.newWord(it)
		s.chooseKnown(it)
	}
	return it
}

func (s *sources) newWord(it *item) *Word {
	if it.f.there && it.f.have.Name == it.name {
		return &Word{Name: it.name, Recommends: it.recommend}
	}
	base, arch, _ := s.cutArch(it.name)
	return &Word{Name: base, Arch: arch, Recommends: it.recommend}
}

// packageName is the package's own name, without an architecture.
func (it *item) packageName() string {
	switch {
	case it.word != nil:
		return it.word.Name
	case it.f.there:
		return it.f.have.Name
	}
	return it.name
}

// isAbout reports whether an operation is on the item's package.
func (it *item) isAbout(o Operation) bool {
	return it.word != nil && it.word.Name == o.Name && (it.word.Arch == "" || o.Arch == "" || it.word.Arch == o.Arch)
}

func (it *item) isAbsent() bool { return isAbsent(it.ensure) }

func isAbsent(ensure string) bool { return ensure == "absent" || ensure == "purged" }

func (it *item) removes() bool { return it.word != nil && it.word.Remove }

func (s *sources) prepareRemoval(it *item) {
	if !it.f.there {
		return
	}
	if len(it.f.rivals) > 1 {
		it.err = fmt.Errorf("it is a virtual package; name the one that is to go: %s", strings.Join(it.f.rivals, ", "))
	}
	it.word = s.newWord(it)
	it.word.Remove, it.word.Purge = true, it.ensure == "purged"
	if it.f.have.Essential && it.err == nil {
		it.err = errEssential
	}
}

// checkFile compares a package file with its declaration.
func (s *sources) checkFile(it *item) error {
	base, arch, _ := s.cutArch(it.name)
	if it.file.Name != it.name && (it.file.Name != base || it.file.Arch != arch) {
		return fmt.Errorf("package file %q holds package %s (%s), not %s", it.source, it.file.Name, it.file.Arch, it.name)
	}
	if !s.allows(it.set, it.file.Version) {
		return fmt.Errorf("package file %q holds version %s, which is not the one wanted", it.source, it.file.Version)
	}
	return nil
}

// chooseKnown sets the parts of the word that do not depend on offers.
func (s *sources) chooseKnown(it *item) {
	switch {
	case it.source != "":
		it.word.File, it.word.Version = it.source, it.file.Version
		it.word.Reinstall = it.f.there && s.Compare(it.file.Version, it.f.have.Version) == 0
	case it.f.there && it.ensure == "present" && s.allows(it.set, it.f.version):
		// What was left half done is completed, not upgraded.
		it.word.Version, it.word.Reinstall = it.f.have.Version, true
	}
}

// needsOffer reports whether the package and version to install depend on the offers.
func (it *item) needsOffer() bool {
	return it.err == nil && it.word != nil && !it.word.Remove && it.source == "" && !it.word.Reinstall
}

// isSatisfiedBy reports whether a package is installed as wanted, according to the database, which does not know the
// latest version.
func (s *sources) isSatisfiedBy(it *item, have Package, there bool) bool {
	if it.isAbsent() {
		return !there
	}
	if !there || have.Broken != "" || !s.allows(it.set, it.versionFor(have)) {
		return false
	}
	return it.source == "" || s.Compare(have.Version, it.file.Version) == 0
}

// versionFor is the version of the asked name that a package provides.
func (it *item) versionFor(have Package) string {
	if it.asked == "" {
		return have.Version
	}
	for _, p := range have.Provides {
		if p.Name == it.asked {
			return p.Version
		}
	}
	return ""
}

// errEssential is about a package without which nothing could be repaired.
var errEssential = errors.New("the system needs it")

// reportError returns the item's error as a whole sentence; nil if it has none. No earlier change of a run makes an
// impossible removal possible, except commands and the files that configure the manager: see [resource.ErrCertain].
func (it *item) reportError() error {
	if it.err == nil {
		return nil
	}
	name := it.name
	if it.asked != "" {
		name = it.asked + " (" + it.name + ")"
	}
	if it.isAbsent() {
		return resource.Certain(fmt.Errorf("cannot remove %s: %w", name, it.err))
	}
	return fmt.Errorf("cannot install %s: %w", name, it.err)
}

// checkOperation decides whether the manager may do o to the package, which the
// manifest declares.
func (s *sources) checkOperation(it *item, o Operation) error {
	held := it.f.have.Held && it.hold == nil
	switch {
	case o.removes() && !it.removes():
		return fmt.Errorf("%s would remove it, because of what else is to be installed", s.Name)
	case o.removes() && held:
		return resource.Certain(fmt.Errorf("it is held at version %s by hand: release it, or set hold = false", o.Old))
	case o.removes():
		return nil
	case s.downgrades(o) && !it.downgrade:
		err := fmt.Errorf("version %s is installed and %s is older: set allow_downgrade = true to go back", o.Old, o.New)
		if it.set.IsBelowBy(s.Compare, o.Old) {
			return resource.Certain(err)
		}
		return err
	case o.Old != "" && o.Old != o.New && held:
		return fmt.Errorf("it is held at version %s by hand: release it, or set hold so that converge decides", o.Old)
	}
	return nil
}

func (o *Operation) removes() bool { return o.New == "" }

func (s *sources) downgrades(o Operation) bool {
	return o.Old != "" && o.New != "" && s.Compare(o.New, o.Old) < 0
}
