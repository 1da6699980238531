package pkgrepo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Options configure the update of a folder.
type Options struct {
	Name     string        // of the repository: the name of pacman's database, and apt's label
	Suite    string        // of apt
	Keys     []string      // files with private keys
	Unsigned bool          // a repository that is signed now may become unsigned
	Password func() string // of an encrypted key; nil: no key is encrypted
	Keep     int           // versions of each package; 0: all
	KeepFor  time.Duration // newer versions than that are also kept; 0: none
	DryRun   bool          // change nothing
	Now      func() time.Time
	Log      func(what, file string) // receives each change; nil: nothing does
	Warn     func(text string)
}

// repository is the folder during an update.
type repository struct {
	*files
	o    Options
	keys keys
	now  time.Time
	left []string // incomplete packages
}

// Update updates the repositories in a folder: it files the packages in the folder itself, prunes old versions and
// writes the indexes. It changes only packages and its own files.
func Update(ctx context.Context, dir string, o Options) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("cannot open the folder of packages: %w", err)
	}
	defer root.Close()
	unlock, err := lock(root)
	if err != nil {
		return fmt.Errorf("cannot make repositories in %s: %w", dir, err)
	}
	defer unlock()
	ks, err := readKeys(o)
	if err != nil {
		return err
	}
	below := &files{ctx: ctx, root: root, dryRun: o.DryRun, log: o.Log}
	r := &repository{files: below, o: o, keys: ks, now: o.Now().UTC().Truncate(time.Second)}
	if !o.Unsigned {
		if err := r.checkStillSigned(); err != nil {
			return fmt.Errorf("cannot make repositories in %s: %w", dir, err)
		}
	}
	done := 0
	for _, f := range families() {
		n, err := r.update(f)
		if err != nil {
			return fmt.Errorf("cannot make the %s repository of %s: %w", f.name(), dir, err)
		}
		done += n
	}
	if done == 0 && len(r.left) == 0 {
		return fmt.Errorf("there is no package in %s: *.deb, *.rpm, *.pkg.tar.zst or *.apk", dir)
	}
	if err := r.publishKeys(); err != nil {
		return fmt.Errorf("cannot write the public keys to %s: %w", dir, err)
	}
	if len(r.left) > 0 {
		return fmt.Errorf("everything else is done, and %s was left out of %s: if it is still being written, call again when it is there; copy under a name with a dot in front, and rename", strings.Join(r.left, ", "), dir)
	}
	return nil
}

// update updates one family, and returns the number of its packages.
func (r *repository) update(f family) (int, error) {
	if err := r.sweep(f); err != nil {
		return 0, err
	}
	found, err := r.scan(f)
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		if has, err := r.hasIndex(f); err != nil || !has {
			return 0, err
		}
	}
	r.warnUnsigned(f)
	keep, drop, err := r.choose(f, found)
	if err != nil {
		return 0, err
	}
	if err := checkPlaces(f, keep); err != nil {
		return 0, err
	}
	archs := archsOf(found) // an architecture without packages gets an empty index
	moved := newOf(keep)
	if keep, err = r.fileAll(f, keep, archs); err != nil {
		return 0, err
	}
	if _, err = f.index(r, keep, archs); err != nil {
		return 0, err
	}
	return len(keep), r.removeOld(f, keep, drop, moved, archs)
}

// scan reads the family's packages: new ones in the folder itself, and filed ones below the family's folder.
func (r *repository) scan(f family) ([]Package, error) {
	top, err := r.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer top.Close()
	entries, err := top.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), f.suffix()) {
			names = append(names, e.Name())
		}
	}
	filed, err := r.list(f.name())
	if err != nil {
		return nil, err
	}
	for _, name := range filed {
		if strings.HasSuffix(name, f.suffix()) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []Package
	for _, name := range names {
		p, err := r.readPackage(f, name)
		switch {
		case err == nil:
			all = append(all, p)
		case r.ctx.Err() == nil && isNew(name):
			r.left = append(r.left, name)
			r.o.Warn(fmt.Sprintf("cannot read the package %s, which is left out: %v", name, err))
		default:
			return nil, fmt.Errorf("cannot read the package %s: %w", name, err)
		}
	}
	return all, nil
}

func (r *repository) readPackage(f family, name string) (Package, error) {
	if err := r.ctx.Err(); err != nil {
		return Package{}, err
	}
	file, err := r.root.Open(name)
	if err != nil {
		return Package{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Package{}, err
	}
	p, err := f.read(file)
	if err != nil {
		return p, err
	}
	p.file, p.time, p.signer = name, info.ModTime(), r.signerOf()
	if isNew(name) {
		if err := checkWhole(file, p); err != nil {
			return p, err
		}
	}
	if p.digest, p.size, err = digestFile(file); err != nil {
		return p, err
	}
	if after, err := file.Stat(); err != nil || after.Size() != p.size || info.Size() != p.size || !after.ModTime().Equal(p.time) {
		return p, errors.Join(err, errors.New("it was changed while it was read"))
	}
	return p, p.check()
}

// isNew reports whether a file is in the folder itself.
func isNew(file string) bool { return !strings.Contains(file, "/") }

// isNew reports whether a package is in the folder itself.
func (p Package) isNew() bool { return isNew(p.file) }

// archsOf returns the architectures of packages, in order, and always the two commonest: a package for all architectures
// is for them too.
func archsOf(all []Package) []string {
	archs := map[string]bool{}
	for _, p := range all {
		archs[goArch(p.Arch)] = true
	}
	for _, any := range []string{"all", "noarch", "any"} {
		delete(archs, any)
	}
	archs["amd64"], archs["arm64"] = true, true
	return slices.Sorted(maps.Keys(archs))
}

// goArch returns Go's name of an architecture.
func goArch(arch string) string {
	switch arch {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return arch
}

// kernelArch returns the name of an architecture outside of Debian.
func kernelArch(arch string) string {
	switch arch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return arch
}

// fileAll writes the packages to their places in the index, and returns them with these places.
func (r *repository) fileAll(f family, keep []Package, archs []string) ([]Package, error) {
	var all []Package
	for _, p := range keep {
		places := f.places(p, archs)
		for _, place := range places {
			if place == p.file {
				continue
			}
			if _, err := r.root.Stat(place); err == nil && !p.isNew() {
				continue
			}
			r.log("file", place)
			if r.o.DryRun {
				continue
			}
			if err := f.file(r, p, place); err != nil {
				return nil, fmt.Errorf("cannot file %s: %w", p.file, err)
			}
		}
		if r.o.DryRun {
			all = append(all, p)
			continue
		}
		filed, err := r.readPackage(f, places[0])
		if err == nil && p.isNew() && identity(f, p) != identity(f, filed) {
			err = errors.New("it was written again while it was filed; call again when it is whole")
		}
		if err != nil {
			return nil, r.takeBack(p, places, fmt.Errorf("cannot read the package %s: %w", places[0], err))
		}
		all = append(all, filed)
	}
	return all, nil
}

// takeBack removes the filed copies of a new package that turned out to be incomplete, because filed packages count as
// complete. It returns the reason.
func (r *repository) takeBack(p Package, places []string, why error) error {
	for _, place := range places {
		if p.isNew() {
			why = errors.Join(why, r.remove(place))
		}
	}
	return why
}

// newOf returns the files of those packages that are in the folder itself.
func newOf(all []Package) map[string]bool {
	files := map[string]bool{}
	for _, p := range all {
		if p.isNew() {
			files[p.file] = true
		}
	}
	return files
}

// removeOld removes files that the new index does not name: filed packages in the folder itself, old versions, and
// former places. This run has filed the files in moved.
func (r *repository) removeOld(f family, keep, drop []Package, moved map[string]bool, archs []string) error {
	placed := map[string]bool{}
	for _, p := range keep {
		for _, place := range f.places(p, archs) {
			placed[place], placed[place+".sig"] = true, true
		}
	}
	filed, err := r.list(f.name())
	if err != nil {
		return err
	}
	for _, p := range drop {
		if p.isNew() {
			filed = append(filed, p.file)
		}
	}
	var errs []error
	for _, name := range filed {
		isPackage := strings.HasSuffix(strings.TrimSuffix(name, ".sig"), f.suffix())
		switch {
		case !isPackage || placed[name] || path.Base(name) == "":
		case moved[name]:
			errs = append(errs, r.removeAs("move", name))
		default:
			errs = append(errs, r.remove(name))
		}
	}
	return errors.Join(errs...)
}
