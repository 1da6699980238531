// Package inspect derives control data from an image: the libraries that it provides and links to, the packages that own
// those, and their installed versions.
//
// Start with [WriteControl]. Package abi reads the libraries and writes their
// fields.
package inspect

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/stow/abi"
	"converge/internal/stow/control"
)

// maxSymbols is how many symbols of a library are recorded at most: the C library has 3,000. Larger libraries are read
// from the image.
const maxSymbols = 4096

// WriteControl writes control data for a version in the stow directory dir below root ([control.Write]), derived from
// its image. notice receives the error of each unreadable file.
func WriteControl(ctx context.Context, root *fsys.FS, dir string, o control.WriteOptions, notice func(error)) (control.Written, error) {
	disk := control.OnDisk(root)
	o.Now = time.Now()
	o.Inspect = (&inspector{control.Store{Disk: disk, Dir: dir}, notice}).inspectImage
	return control.Write(ctx, disk, dir, o)
}

// inspector inspects images of one stow directory.
type inspector struct {
	store  control.Store
	notice func(error)
}

// inspectImage returns the fields of an image. It finds the package of a library in the control data of the other
// packages: of the installed version, or else the newest.
func (i *inspector) inspectImage(ctx context.Context, dir string) ([]control.Field, error) {
	facts, damaged, err := abi.Read(ctx, i.store.Disk.HostPath(dir))
	if err != nil {
		return nil, err
	}
	for _, d := range damaged {
		i.notice(d)
	}
	packages, err := i.store.List(ctx)
	if err != nil {
		return nil, err
	}
	known := abi.Suppliers{}
	for _, p := range packages {
		if err := i.addSupplier(ctx, known, p); err != nil {
			return nil, err
		}
	}
	facts = facts.Resolve(known.Find).Brief(maxSymbols)
	out := []control.Field{{Name: "Built-With", Value: listBuiltWith(facts, packages)}}
	for _, f := range facts.Fields() {
		out = append(out, control.Field(f))
	}
	return out, nil
}

// addSupplier registers the libraries of a package. It ignores invalid control data.
func (i *inspector) addSupplier(ctx context.Context, known abi.Suppliers, p control.Package) error {
	version := cmp.Or(p.Installed, p.Versions[len(p.Versions)-1])
	found, err := i.store.Find(ctx, p.Name, version, control.Manager)
	if found == nil {
		return err
	}
	facts, ferr := abi.ParseFields(found.Value)
	if err != nil || ferr != nil {
		i.notice(cmp.Or(err, ferr))
		return nil
	}
	known.Add(p.Name, facts)
	return nil
}

// listBuiltWith lists the linked packages in their installed versions.
func listBuiltWith(facts abi.Facts, packages []control.Package) string {
	var out []string
	for _, p := range packages {
		if p.Installed == "" || strings.ContainsAny(p.Name+p.Installed, " \t\n") {
			continue
		}
		if slices.ContainsFunc(facts.Links, func(l abi.Link) bool { return l.FOO == p.Name }) {
			out = append(out, p.Name+"/"+p.Installed)
		}
	}
	return strings.Join(out, " ")
}
